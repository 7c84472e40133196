"""The administrators' rooms: staff and sites."""
