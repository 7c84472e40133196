"""The example study, read and checked once a process: it takes longer than most tests."""

from __future__ import annotations

from functools import cache

from pro_service.catalog.protocol_files import (
    LoadedProtocol,
    example_protocol_file,
    load_protocol_file,
)


@cache
def example_study() -> LoadedProtocol:
    """The example study that ships with the service."""
    return load_protocol_file(example_protocol_file())
