"""How a mistake in a protocol is told: where, what is wrong, and the mend."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import NamedTuple


class Problem(NamedTuple):
    """One thing wrong in a protocol document."""

    key: str
    """The path of the key, lists counted from 0: `visit[3].window.days_after`."""
    message: str
    mend: str

    def __str__(self) -> str:
        """One line: `key: what is wrong. mend`."""
        return f"{self.key}: {self.message}. {self.mend}"


def closest(word: str, known: Iterable[object]) -> str | None:
    """Return the known word most like `word`, or None if none is like it."""
    close = difflib.get_close_matches(word, sorted(str(each) for each in known), n=1)
    return close[0] if close else None


def suggestion(word: str, known: Iterable[object]) -> str:
    """Return a mend that names the known word most like `word`, or all of them."""
    words = sorted(str(each) for each in known)
    close = closest(word, words)
    if close is not None:
        return f"Did you mean {close}?"
    return f"Known here: {', '.join(words)}." if words else "Remove it."
