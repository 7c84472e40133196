"""Codes of at most eight letters for what is analysed: scales, and measures by region and layer."""

from __future__ import annotations

import re
import zlib
from functools import lru_cache
from typing import Final

_NO_LETTER: Final = re.compile(r"[^A-Z0-9]")
_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CHECKED: Final = 3
"""Characters at the end that tell apart what begins alike."""


@lru_cache(maxsize=512)
def parameter_code(thing: str, *parts: str) -> str:
    """The code of a scale of an instrument, or of a measure with its region and layer.

    It follows from their ids alone, so that a program written for one export fits the next,
    whatever the catalogue has gained: first letters of what it is and of the part, and three
    characters by which no two of the catalogue are the same (a test looks).
    """
    what, part = (_NO_LETTER.sub("", each.upper()) for each in (thing, "".join(parts)))
    number = zlib.crc32("/".join((thing, *parts)).encode())
    check = ""
    for _ in range(_CHECKED):
        number, digit = divmod(number, len(_DIGITS))
        check += _DIGITS[digit]
    return f"{what[:2]}{part[:3]}{check}"
