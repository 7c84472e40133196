"""The desk's list beside the domain: generated studies, and what the domain says of their rows."""
