"""What clinic and imaging measure of the simulated participants, and what it must show."""
