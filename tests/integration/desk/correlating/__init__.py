"""Scores beside measures: who may set them beside each other, when, and what is kept of it."""
