"""A fake provider of text messages: an application of its own, with its own tables."""
