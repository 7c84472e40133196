"""Charts, drawn from made-up values."""
