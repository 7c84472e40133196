"""Statements of sql/queries/texting."""
