"""Statements of sql/queries/receiving."""
