"""What programs ask for: their keys, and pages of the record."""
