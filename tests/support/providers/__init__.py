"""Providers of tests, and what they have approved."""
