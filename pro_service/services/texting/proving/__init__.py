"""How a telephone is proven to be its owner's before the first questions (R23)."""
