"""Why an answer is missing, and what brought the one that came: each told once, from facts."""
