"""Use cases: read, ask the domain, write. One module each."""
