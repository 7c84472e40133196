"""Scores over time at the desk."""
