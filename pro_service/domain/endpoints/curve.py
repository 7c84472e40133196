"""The area under a participant's curve, on the days the answers really came."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple


class Point(NamedTuple):
    """A score on a local day."""

    day: date
    value: Fraction


def time_averaged_area(points: Sequence[Point]) -> Fraction | None:
    """Trapezoids over elapsed days, divided by the days from first to last; in the score's units.

    `points` are in the order they were answered. None with fewer than two days: one day has no
    area. Study days would not do: they leave out 0.
    """
    return [None, *time_averaged_areas(points)][-1]


def time_averaged_areas(points: Sequence[Point]) -> Iterator[Fraction | None]:
    """The same up to each of the points, in their order."""
    twice = Fraction(0)
    yield from [None] * bool(points)
    for before, one in pairwise(points):
        twice += (one.day - before.day).days * (before.value + one.value)
        days = (one.day - points[0].day).days
        yield Fraction(twice, 2 * days) if days else None
