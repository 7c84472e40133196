"""Pages for staff: what must be done now, who has answered, one participant's timeline."""
