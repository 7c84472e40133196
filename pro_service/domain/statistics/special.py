"""The incomplete beta function and what is found by it: quantiles of F, and so of t.

Right to ten places for the sizes a trial has; standard library only.
"""

from __future__ import annotations

import math
from typing import Final

_CLOSE: Final = 1e-16
_TINY: Final = 1e-300
_MOST_STEPS: Final = 100_000


def incomplete_beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function at `x` of 0 to 1, for `a` and `b` above 0.

    By its continued fraction (DLMF 8.17.22), on the side where that converges quickly.
    """
    if x <= 0 or x >= 1:
        return float(x >= 1)
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
        + a * math.log(x) + b * math.log1p(-x)
    )  # fmt: skip
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(a, b, x) / a
    return 1 - front * _fraction(b, a, 1 - x) / b


def beta_quantile(p: float, a: float, b: float) -> float:
    """Where the incomplete beta function is `p`, for `p` above 0 and below 1."""
    low, high = 0.0, 1.0
    while True:
        middle = (low + high) / 2
        if middle in (low, high):
            return middle
        if incomplete_beta(a, b, middle) < p:
            low = middle
        else:
            high = middle


def f_quantile(p: float, d1: float, d2: float) -> float:
    """The quantile of the F distribution with `d1` and `d2` degrees of freedom, whole or not."""
    if p > 0.5:
        # The smaller tail is told more finely near 0 than near 1.
        return 1 / f_quantile(1 - p, d2, d1)
    x = beta_quantile(p, d1 / 2, d2 / 2)
    return d2 * x / (d1 * (1 - x))


def _fraction(a: float, b: float, x: float) -> float:
    """The continued fraction, by Lentz's method as Thompson and Barnett changed it (1986)."""
    c, d = 1.0, 1 / _away_from_zero(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, _MOST_STEPS):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / _away_from_zero(1 + term * d)
            c = _away_from_zero(1 + term / c)
            value *= c * d
        if abs(c * d - 1) < 4 * _CLOSE:
            break
    return value


def _away_from_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
