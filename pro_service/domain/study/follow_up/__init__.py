"""Safety follow-up: what never stops, why texts do, and what is asked when something is wrong."""
