"""Asks a trial's participants how their knee is, and keeps every answer as a clinical record."""
