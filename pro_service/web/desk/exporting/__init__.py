"""The room of exports."""
