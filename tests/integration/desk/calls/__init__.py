"""Calls worked to their end, and alerts taken in three steps."""
