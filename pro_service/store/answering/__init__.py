"""Statements of sql/queries/answering."""
