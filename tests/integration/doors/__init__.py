"""The desk, through the real server and database."""
