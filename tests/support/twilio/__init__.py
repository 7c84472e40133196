"""A Twilio account that stands in for the real one, and a trial that sends through it."""
