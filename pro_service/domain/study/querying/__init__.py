"""Questions about data: what raises one, and its life."""
