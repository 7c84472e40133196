"""Tables that go out: CSV that every program reads as what it is."""

from __future__ import annotations

import codecs


def csv_bytes(text: str) -> bytes:
    """A CSV file's bytes: UTF-8, with a byte-order mark where it is not ASCII.

    Without the mark a spreadsheet with Chinese settings reads UTF-8 as GB18030.
    """
    return text.encode() if text.isascii() else codecs.BOM_UTF8 + text.encode()
