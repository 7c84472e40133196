"""Measures and their values, without a database."""
