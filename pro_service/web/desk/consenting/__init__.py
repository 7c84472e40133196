"""Consent at the desk: a participant's, with its history, and its forms."""
