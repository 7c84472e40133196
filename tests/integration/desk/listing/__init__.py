"""The list of participants: found by what staff have at hand, and held to the domain."""
