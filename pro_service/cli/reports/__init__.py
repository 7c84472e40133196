"""Commands that give out figures."""
