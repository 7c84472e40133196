"""The room that says what must be done now."""
