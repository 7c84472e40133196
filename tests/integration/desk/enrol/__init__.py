"""Enrolment at the desk, by form and by file."""
