"""The README's pictures of real pages, and what draws them."""
