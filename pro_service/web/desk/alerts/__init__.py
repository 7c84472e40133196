"""Alerts: their three steps, and the list of them against the site's log."""
