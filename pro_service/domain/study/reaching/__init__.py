"""Whether a participant can be reached, and what a call to them came to."""
