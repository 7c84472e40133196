"""Consent: versions of its form, who signs anew, and what is agreed to apart from taking part."""
