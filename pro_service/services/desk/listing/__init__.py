"""The list of participants: found, narrowed, sorted, a page at a time; and the figures."""
