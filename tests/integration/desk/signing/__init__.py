"""Signatures and locks, at the desk and by command."""
