"""Characters nobody typed: control characters, marks of direction, marks without a width."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_LINES: Final = frozenset("\t\n\r")
_INVISIBLE: Final = frozenset(
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\u180b\u180c\u180d\u180e\ufe00\ufe0e\ufe0f"
)
"""Without a width of their own, though Unicode counts some of them as letters."""
HYPHENS: Final = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d\u2e3a\u2e3b\u30fc"
_HYPHENS: Final = re.compile(f"[{HYPHENS}]")
_QUOTED_FORMULA: Final = re.compile(r'="([^"]*)"')


def is_control(character: str) -> bool:
    """Whether this is a control character (tab and line ends are not), or half a character."""
    return unicodedata.category(character) in ("Cc", "Cs") and character not in _LINES


def is_invisible(character: str) -> bool:
    """Whether this has no width: marks of direction, joiners, fillers, byte-order marks."""
    return unicodedata.category(character) == "Cf" or character in _INVISIBLE


def without_controls(text: str) -> str:
    """Free text as it may be stored: without control characters; tabs and lines stay."""
    return text if not has_control(text) else "".join(c for c in text if not is_control(c))


def has_control(text: str) -> bool:
    """Whether a text holds a control character other than tab and line ends."""
    return not text.isprintable() and any(is_control(character) for character in text)


def visible(text: str) -> str:
    """A cell's text without what cannot be seen, in usual widths, trimmed of every kind of space.

    `="0012"`, which spreadsheets are given to keep zeros, is 0012.
    """
    kept = "".join(c for c in unicodedata.normalize("NFKC", text) if not is_invisible(c))
    kept = kept.strip()
    quoted = _QUOTED_FORMULA.fullmatch(kept)
    return quoted[1].strip() if quoted else kept


def same_hyphens(text: str) -> str:
    """The text with every kind of hyphen as the one of keyboards."""
    return _HYPHENS.sub("-", text)
