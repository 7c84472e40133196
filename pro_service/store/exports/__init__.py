"""Statements of sql/queries/exports."""
