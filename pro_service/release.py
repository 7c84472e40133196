"""Which release this is."""

from __future__ import annotations

from functools import cache
from importlib import metadata


@cache
def release() -> str:
    """The release as it was installed; 0.0.0 for a checkout that never was."""
    try:
        return metadata.version("pro-service")
    except metadata.PackageNotFoundError:
        return "0.0.0"
