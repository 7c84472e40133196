"""Programs that use /api/v1: what a key of theirs may ask for, and what they are told."""
