"""Statements of sql/queries/cards."""
