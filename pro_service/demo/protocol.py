"""The demo's study: the example that ships, with what it leaves shut opened for who looks round."""

from __future__ import annotations

from functools import cache
from typing import Final

from pro_service.catalog.protocol_files import (
    LoadedProtocol,
    example_protocol_file,
    read_protocol,
)

_STUDY_ENDS: Final = "\n[study.name]\n"
OPENED: Final = 'free_text_visible_to = ["data_manager"]\n'
"""Keys of its first table: what a trial decides for itself, and nobody is hurt by here."""


@cache
def demo_protocol() -> LoadedProtocol:
    """The example study with those keys."""
    text = example_protocol_file().read_text(encoding="utf-8")
    return read_protocol(text.replace(_STUDY_ENDS, OPENED + _STUDY_ENDS, 1), source="the demo's")
