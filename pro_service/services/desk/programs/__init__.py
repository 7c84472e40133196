"""What a program does over /api/v1: what its roles may at the desk, as far as its key lets it."""
