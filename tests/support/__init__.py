"""What tests share: a server for the run, a database for each test."""
