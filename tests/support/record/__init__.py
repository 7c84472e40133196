"""Looking at the record as whoever holds the database."""
