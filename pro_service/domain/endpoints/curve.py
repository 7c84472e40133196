"""The area under a participant's curve, on the days the answers really came."""

from __future__ import annotations

from collections.abc import Sequence
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
    if not points:
        return None
    days = (points[-1].day - points[0].day).days
    if days == 0:
        return None
    area = sum(
        ((b.day - a.day).days * (a.value + b.value) / 2 for a, b in pairwise(points)), Fraction(0)
    )
    return area / days
