"""Statements of sql/queries/desk."""
