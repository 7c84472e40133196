"""What becomes of texts that somebody must read."""
