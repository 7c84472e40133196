"""Statistics against published worked examples."""
