"""Calls: the page of one, worked to its end, and the list that is printed."""
