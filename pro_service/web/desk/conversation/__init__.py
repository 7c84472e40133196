"""The conversation as it was said, and what staff do with a text they have read."""
