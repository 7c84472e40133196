"""How far readers agree: ICC(2,1) for quantities, weighted kappa for grades.

Estimates are worked out in fractions, so that no order of the values changes them; intervals in
floats. Where there is nothing to tell apart (one target, no variance), there is no figure: None.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from statistics import NormalDist
from typing import Final, Literal

from pro_service.domain.statistics.special import f_quantile

Number = Decimal | Fraction | int
Weighting = Literal["linear", "quadratic"]
LEVEL: Final = 0.95
"""The level of the intervals."""
_FEWEST: Final = 2


@dataclass(frozen=True, slots=True)
class Agreement:
    """A figure of agreement with its interval, and how many targets it stands on."""

    estimate: float | None
    """None: there is nothing to tell apart."""
    low: float | None
    high: float | None
    n: int
    """The targets that all read."""
    dropped: int
    """The targets that somebody did not read, or found unreadable."""


@dataclass(frozen=True, slots=True)
class _MeanSquares:
    """Of a table of n targets by k judges without repetition."""

    n: int
    k: int
    targets: Fraction
    judges: Fraction
    rest: Fraction


def icc21(rows: Iterable[Sequence[Number | None]]) -> Agreement:
    """ICC(2,1): absolute agreement of single reads, readers a sample of all there might be.

    Each row is a target, each column a reader or a look; a row with None is dropped and counted.
    Shrout and Fleiss, Psychological Bulletin 86 (1979) 420-428; the interval is theirs (page 424).
    """
    told = list(rows)
    whole = [[Fraction(one) for one in row if one is not None] for row in told if None not in row]
    n, dropped = len(whole), len(told) - len(whole)
    if n < _FEWEST or len(whole[0]) < _FEWEST:
        return Agreement(None, None, None, n, dropped)
    squares = _mean_squares(whole)
    spread = (
        squares.targets
        + (squares.k - 1) * squares.rest
        + squares.k * (squares.judges - squares.rest) / n
    )
    if spread == 0 or squares.targets == squares.rest == 0:
        return Agreement(None, None, None, n, dropped)
    rho = (squares.targets - squares.rest) / spread
    low, high = (1.0, 1.0) if rho == 1 else _icc_interval(squares, float(rho))
    return Agreement(float(rho), low, high, n, dropped)


def weighted_kappa(
    pairs: Iterable[tuple[Number | None, Number | None]],
    grades: Sequence[Number],
    weighting: Weighting,
) -> Agreement:
    """Weighted kappa of two readers, or two looks; a pair with None is dropped and counted.

    `grades` are all values there are, lowest first; a disagreement weighs by how many grades lie
    between, or by the square of that. Raises ValueError for a value that is no grade.
    """
    told = list(pairs)
    place = {Fraction(grade): index for index, grade in enumerate(grades)}
    counts = [[0] * len(grades) for _ in grades]
    n = 0
    for first, second in told:
        if first is None or second is None:
            continue
        if Fraction(first) not in place or Fraction(second) not in place:
            raise ValueError("a value is none of the grades")
        counts[place[Fraction(first)]][place[Fraction(second)]] += 1
        n += 1
    power = 1 if weighting == "linear" else 2
    weights = [[abs(i - j) ** power for j in range(len(grades))] for i in range(len(grades))]
    return kappa_of_table(counts, weights, dropped=len(told) - n)


def kappa_of_table(
    counts: Sequence[Sequence[int]], weights: Sequence[Sequence[int]], *, dropped: int = 0
) -> Agreement:
    """Weighted kappa of a cross table and weights of disagreement (0: none).

    Cohen, Psychological Bulletin 70 (1968) 213-220; the interval by the standard error of Fleiss,
    Cohen and Everitt, Psychological Bulletin 72 (1969) 323-327, never outside -1 to 1.
    """
    n = sum(map(sum, counts))
    if n == 0:
        return Agreement(None, None, None, n, dropped)
    rows = [Fraction(sum(row), n) for row in counts]
    columns = [Fraction(sum(column), n) for column in zip(*counts, strict=True)]
    places = range(len(counts))
    seen = sum(Fraction(counts[i][j] * weights[i][j], n) for i in places for j in places)
    chance = sum(rows[i] * columns[j] * weights[i][j] for i in places for j in places)
    if chance == 0:
        return Agreement(None, None, None, n, dropped)
    kappa = 1 - Fraction(seen) / chance
    # The variance of the source, in weights of disagreement: theirs are 1 - weight / highest.
    about = Fraction(0)
    for i in places:
        for j in places:
            told = (
                sum(columns[h] * weights[i][h] for h in places)
                + sum(rows[h] * weights[h][j] for h in places)
            ) * (1 - kappa)
            about += Fraction(counts[i][j], n) * (weights[i][j] - told) ** 2
    variance = (about - (chance * (1 - kappa)) ** 2) / (n * chance**2)
    half = NormalDist().inv_cdf((1 + LEVEL) / 2) * math.sqrt(max(variance, Fraction(0)))
    estimate = float(kappa)
    return Agreement(estimate, max(-1.0, estimate - half), min(1.0, estimate + half), n, dropped)


def _mean_squares(rows: Sequence[Sequence[Fraction]]) -> _MeanSquares:
    n, k = len(rows), len(rows[0])
    grand = sum(map(sum, rows), Fraction(0)) / (n * k)
    of_targets = [sum(row, Fraction(0)) / k for row in rows]
    of_judges = [sum(column, Fraction(0)) / n for column in zip(*rows, strict=True)]
    targets = k * _squares(of_targets, grand)
    judges = n * _squares(of_judges, grand)
    total = _squares([one for row in rows for one in row], grand)
    return _MeanSquares(
        n,
        k,
        targets / (n - 1),
        judges / (k - 1),
        (total - targets - judges) / ((n - 1) * (k - 1)),
    )


def _squares(values: Iterable[Fraction], about: Fraction) -> Fraction:
    return sum(((one - about) * (one - about) for one in values), Fraction(0))


def _icc_interval(squares: _MeanSquares, rho: float) -> tuple[float, float]:
    n, k = squares.n, squares.k
    targets, judges, rest = map(float, (squares.targets, squares.judges, squares.rest))
    own, other = k * rho, n * (1 + (k - 1) * rho) - k * rho
    # Satterthwaite's degrees of freedom, multiplied through by the rest, which may be 0.
    freedom = (
        (k - 1) * (n - 1) * (own * judges + other * rest) ** 2
        / ((n - 1) * (own * judges) ** 2 + (other * rest) ** 2)
    )  # fmt: skip
    tail = (1 + LEVEL) / 2
    upper, lower = f_quantile(tail, n - 1, freedom), f_quantile(tail, freedom, n - 1)
    spread = k * judges + (k * n - k - n) * rest
    return (
        n * (targets - upper * rest) / (upper * spread + n * targets),
        n * (lower * targets - rest) / (spread + n * lower * targets),
    )
