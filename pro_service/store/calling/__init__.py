"""Statements of sql/queries/calling."""
