"""Commands about participants."""
