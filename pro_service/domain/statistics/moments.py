"""Sums of squares and products, and what is left of two columns once others are taken out.

Every correlation of this package is one of residuals: of a column of ones taken out (Pearson), of
the means of knees, or of those and the means of visits. The sums of a participant add up to those
of everybody, so that a resample of participants is a sum with other weights.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import NamedTuple

_LOST = 1e-10
"""What is left of a sum of squares in floats that is nothing but rounding."""


class Left(NamedTuple):
    """Sums of squares and products of the last two columns, the others taken out of both."""

    xx: Fraction | float
    xy: Fraction | float
    yy: Fraction | float
    rank: int
    """How many of the columns taken out are not sums of others."""


def products(rows: Iterable[Sequence[Fraction]], width: int) -> list[Fraction]:
    """The sums of products of each two columns, of a triangle of `width` columns row by row."""
    sums = [Fraction(0)] * (width * (width + 1) // 2)
    for row in rows:
        place = 0
        for i in range(width):
            for j in range(i, width):
                sums[place] += row[i] * row[j]
                place += 1
    return sums


def taken_out(sums: Sequence[Fraction] | Sequence[float], width: int) -> Left:
    """Take all columns but the last two out of these, by elimination.

    Exact in fractions; in floats a sum that is all but lost to rounding counts as nothing.
    """
    left = _unfolded(sums, width)
    first = [left[i][i] for i in range(width)]
    rank = 0
    for pivot in range(width - 2):
        if _nothing(left[pivot][pivot], first[pivot]):
            continue
        rank += 1
        for i in range(pivot + 1, width):
            share = left[pivot][i] / left[pivot][pivot]
            if share:
                for j in range(i, width):
                    left[i][j] -= share * left[pivot][j]
    x, y = width - 2, width - 1
    xx, yy = (
        Fraction(0) if _nothing(left[one][one], first[one]) else left[one][one] for one in (x, y)
    )
    return Left(xx, left[x][y], yy, rank)


def _unfolded(sums: Sequence[Fraction | float], width: int) -> list[list[Fraction | float]]:
    """The triangle as rows, each with zeros before its own column."""
    rows: list[list[Fraction | float]] = []
    first = 0
    for i in range(width):
        rows.append([*[Fraction(0)] * i, *sums[first : first + width - i]])
        first += width - i
    return rows


def _nothing(value: Fraction | float, first: Fraction | float) -> bool:
    return value == 0 if isinstance(value, Fraction) else value <= _LOST * first
