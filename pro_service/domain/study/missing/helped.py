"""What brought an answer: the last thing done for it before it was begun."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Brings(StrEnum):
    """What may bring an answer."""

    text = "text"
    """A text that asked, the first or one more."""
    call = "call"
    alone = "alone"
    """Nothing was tried before: a card, or the own page."""


class Brought(NamedTuple):
    """What brought it; of texts, which of them."""

    by: Brings
    ordinal: int = 0
    """1 for the first text; 0 of what is not numbered."""


def brought_by(mode: str, texts_before: int, *, called_since: bool) -> Brought:
    """Return what brought an answer given in a `mode`.

    `texts_before` texts had asked when it was begun; `called_since`: after the last of them
    somebody was rung. What was told on the telephone a call brought, whatever was sent before.
    """
    if mode == "telephone" or called_since:
        return Brought(Brings.call)
    return Brought(Brings.text, texts_before) if texts_before else Brought(Brings.alone)
