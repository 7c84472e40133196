"""Why answers are missing, what brought those that came, and what went otherwise than planned."""
