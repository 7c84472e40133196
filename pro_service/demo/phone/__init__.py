"""The phone page: a participant's phone and study time in the reader's hands. Demo only."""
