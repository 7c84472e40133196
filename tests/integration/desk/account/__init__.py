"""Accounts of staff: one's own, and those that administrators keep."""
