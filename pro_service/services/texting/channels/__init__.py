"""By which provider a number is written to, and what is handed over: words, or a registration."""
