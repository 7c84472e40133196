"""A tablet handed over at the desk."""
