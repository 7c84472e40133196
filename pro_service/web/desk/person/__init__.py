"""What staff do about one participant: the head of their page, and a small form for each action."""
