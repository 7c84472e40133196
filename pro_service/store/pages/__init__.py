"""Statements of sql/queries/pages."""
