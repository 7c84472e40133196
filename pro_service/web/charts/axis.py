"""Where a value stands, which ticks an axis has, and which of its labels have room. Pure."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

STEPS: Final = (1.0, 2.0, 2.5, 5.0)
"""What ticks go up by, times a power of ten."""
LETTER: Final = 12.0
"""Height of a chart's letters, in its own units, which are CSS pixels where nothing is shrunk."""
_WIDE, _NARROW = 1.0, 0.62
"""Widths of a letter in parts of its height: of a Chinese one, and (upper bound) of a digit."""


@dataclass(frozen=True, slots=True)
class Axis:
    """Values from `low` to `high` (low < high), laid from `start` to `end` of the drawing,
    which may run backwards: heights do."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Where a value stands; what lies outside stands at the nearer end."""
        held = min(max(value, self.low), self.high)
        share = (held - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def holds(self, value: float) -> bool:
        """Whether a value lies on the axis."""
        return self.low <= value <= self.high


class Label(NamedTuple):
    """Words centred at a place along an axis."""

    at: float
    words: str

    @property
    def first(self) -> float:
        """Where they begin."""
        return self.at - width_of(self.words) / 2

    @property
    def last(self) -> float:
        """Where they end."""
        return self.at + width_of(self.words) / 2


def width_of(words: str, letter: float = LETTER) -> float:
    """About how wide words are, rather more than less."""
    return letter * sum(
        _WIDE if unicodedata.east_asian_width(one) in "WF" else _NARROW for one in words
    )


def ticks_over(low: float, high: float, most: int = 6) -> tuple[float, ...]:
    """Round values that cover everything from `low` to `high`, at most `most` (3 or more) of them.

    The first is not above `low` and the last not below `high`; equal ones are given room.
    """
    if not low < high:
        spare = abs(low) * 0.1 or 1.0
        low, high = low - spare, low + spare
    power = 10.0 ** math.floor(math.log10((high - low) / most))
    for factor in (*STEPS, *(step * 10 for step in STEPS), *(step * 100 for step in STEPS)):
        step = factor * power
        first, last = math.floor(low / step), math.ceil(high / step)
        if last - first < most:
            found = tuple(index * step for index in range(first, last + 1))
            if found[0] <= low and high <= found[-1]:
                return found
    return (low, high)


def axis_over(ticks: Sequence[float], start: float, end: float) -> Axis:
    """The axis from the first of some ticks to the last."""
    return Axis(ticks[0], ticks[-1], start, end)


def without_overlaps(labels: Sequence[Label], gap: float = 6.0) -> tuple[Label, ...]:
    """Of labels in the order in which they matter those that have room, from left to right."""
    kept: list[Label] = []
    for one in labels:
        if all(one.last + gap <= other.first or other.last + gap <= one.first for other in kept):
            kept.append(one)
    return tuple(sorted(kept, key=lambda one: one.at))


def within(labels: Sequence[Label], first: float, last: float) -> tuple[Label, ...]:
    """Labels pushed inward where they would stand out over an edge; one too wide is left out."""
    found = []
    for one in labels:
        half = width_of(one.words) / 2
        if 2 * half <= last - first:
            found.append(one._replace(at=min(max(one.at, first + half), last - half)))
    return tuple(found)
