"""The record as a whole: whether it is what was sealed."""
