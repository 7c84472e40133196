"""Visits that have closed: what kept answers away, what brought them, what went otherwise."""
