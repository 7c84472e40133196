"""How people come in, and who is kept out."""
