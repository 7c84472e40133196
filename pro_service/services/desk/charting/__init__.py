"""Scores over time: of one participant, and of groups once they may be looked at (R20)."""
