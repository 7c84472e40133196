"""Statements of sql/queries/base."""
