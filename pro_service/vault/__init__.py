"""Everything secret: sealing of identities, blind look-ups, link tokens, participants' codes."""
