"""Statements of sql/queries/study."""
