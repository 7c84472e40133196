"""Statements of sql/queries/demo."""
