"""Texts that come in: whose they are, what they say, and the reply."""
