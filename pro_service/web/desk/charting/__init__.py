"""Scores over time at the desk: of one participant, and of groups."""
