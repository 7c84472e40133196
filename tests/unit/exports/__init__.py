"""Data out: columns, files and formats."""
