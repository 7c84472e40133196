"""Measures against the database."""
