"""Where requests come from, as it is kept: a hash, to be compared and never read."""

from __future__ import annotations

import hashlib


def source_sha256(source: str) -> bytes:
    """The hash of a network a request came from, as `source_of` of the web side names it."""
    return hashlib.sha256(source.encode()).digest()
