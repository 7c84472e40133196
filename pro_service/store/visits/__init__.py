"""Statements of sql/queries/visits."""
