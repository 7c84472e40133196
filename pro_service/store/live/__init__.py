"""What is new, for whoever has a page open."""
