"""Commands that serve, work and show."""
