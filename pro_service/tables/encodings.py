"""Bytes to text: by the byte-order mark, else UTF-8, else GB18030; never by guessing a letter."""

from __future__ import annotations

import codecs
from typing import Final, NamedTuple

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LOOKED_AT: Final = 64
_HIGH: Final = 0x80
_HAN_TRAIL: Final = 0xA1
_FOUR_BYTES: Final = range(0x30, 0x3A)


class Decoded(NamedTuple):
    """A file's text, and the encoding it was in."""

    text: str
    encoding: str


def decode(content: bytes) -> Decoded | None:
    """The text of a file; None where it is in none of the encodings that are read."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _strictly(content[len(mark) :], encoding)
    bare = _without_mark(content[:_LOOKED_AT])
    if bare is not None:
        return _strictly(content, bare)
    return _strictly(content, "utf-8") or (
        _strictly(content, "gb18030") if _is_chinese(content) else None
    )


def _strictly(content: bytes, encoding: str) -> Decoded | None:
    try:
        return Decoded(content.decode(encoding), encoding)
    except UnicodeDecodeError:
        return None


def _without_mark(head: bytes) -> str | None:
    """UTF-16 without its mark, told by ASCII heads: every second byte of them is zero."""
    even, odd = head[0::2], head[1::2]
    if len(odd) < 2:
        return None
    if not any(odd) and all(even):
        return "utf-16-le"
    if not any(even) and all(odd):
        return "utf-16-be"
    return None


def _is_chinese(content: bytes) -> bool:
    """Whether some pair of bytes is one of GB 2312, where Chinese in use stands.

    A file of Western Europe has single high bytes before ASCII letters; GB18030 would read each
    such pair as some rare character and say nothing.
    """
    place = 0
    while place + 1 < len(content):
        lead, trail = content[place], content[place + 1]
        if lead < _HIGH:
            place += 1
        elif trail >= _HAN_TRAIL and lead >= _HAN_TRAIL:
            return True
        else:
            place += 4 if trail in _FOUR_BYTES else 2
    return False
