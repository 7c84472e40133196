"""Data out: tables of scores, items and endpoints with a code book, from one snapshot."""
