"""Intervals by bootstrap over persons: whoever is drawn brings all their units along. Pure.

Two knees of a person are not two independent observations; persons are. The seed is fixed, and
Python promises the same draws of it on every machine.
"""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from operator import mul
from typing import Final, Literal

from pro_service.domain.statistics.correlation import (
    LEVEL,
    Method,
    Point,
    r_of,
    sums_of,
)
from pro_service.domain.statistics.moments import Left, taken_out

SEED: Final = 2017
REPLICATES: Final = 2000
_MOST_LOST: Final = 10
"""One in so many resamples may have no figure."""
Failing = Literal["one_person", "too_few_figures"]
"""Why there is no interval: one person alone, or too many resamples without a figure."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Where the middle 95 % of the resamples lie."""

    low: float | None
    high: float | None
    why: Failing | None
    figures: int
    """How many resamples had one."""
    replicates: int
    seed: int


def bootstrap(
    points: Sequence[Point], method: Method, *, seed: int = SEED, replicates: int = REPLICATES
) -> Interval:
    """The percentile interval of a correlation; ends between two figures are interpolated."""
    persons = sorted({one.person for one in points})
    if len(persons) < 2:
        return Interval(None, None, "one_person", 0, replicates, seed)
    figure = _of_ranks(points, persons) if method == "spearman" else _of_sums(points, method)
    draws = random.Random(seed)
    found = []
    for _ in range(replicates):
        weights = [0] * len(persons)
        for drawn in draws.choices(range(len(persons)), k=len(persons)):
            weights[drawn] += 1
        r = figure(weights)
        if r is not None:
            found.append(r)
    if replicates - len(found) > replicates // _MOST_LOST or not found:
        return Interval(None, None, "too_few_figures", len(found), replicates, seed)
    found.sort()
    tail = (1 - LEVEL) / 2
    low, high = _quantile(found, tail), _quantile(found, 1 - tail)
    return Interval(low, high, None, len(found), replicates, seed)


def _of_sums(points: Sequence[Point], method: Method) -> Callable[[Sequence[int]], float | None]:
    sums = sums_of(points, method)
    columns = [
        [float(one) for one in column] for column in zip(*sums.by_person.values(), strict=True)
    ]

    def figure(weights: Sequence[int]) -> float | None:
        total = [float(sum(map(mul, weights, column))) for column in columns]
        return r_of(taken_out(total, sums.width))

    return figure


def _of_ranks(
    points: Sequence[Point], persons: Sequence[str]
) -> Callable[[Sequence[int]], float | None]:
    """Ranks are those of the resample: each point counts as often as its person is drawn."""
    place = {one: index for index, one in enumerate(persons)}
    owners = [place[one.person] for one in points]
    x, y = _order([one.x for one in points]), _order([one.y for one in points])

    def figure(weights: Sequence[int]) -> float | None:
        times = [weights[owner] for owner in owners]
        middle = (sum(times) + 1) / 2
        of_x, of_y = (_weighted_ranks(order, times, middle) for order in (x, y))
        xx = sum(w * a * a for w, a in zip(times, of_x, strict=True))
        yy = sum(w * b * b for w, b in zip(times, of_y, strict=True))
        xy = sum(w * a * b for w, a, b in zip(times, of_x, of_y, strict=True))
        return r_of(Left(xx, xy, yy, 1))

    return figure


def _order(values: Sequence[Fraction]) -> list[int]:
    """Of each value its place among the different ones."""
    different = sorted(set(values))
    return [bisect_left(different, one) for one in values]


def _weighted_ranks(order: Sequence[int], times: Sequence[int], middle: float) -> list[float]:
    """The middle ranks, each less the middle of all."""
    count = [0] * (max(order) + 1)
    for where, weight in zip(order, times, strict=True):
        count[where] += weight
    ranks, before = [], 0
    for one in count:
        ranks.append(before + (one + 1) / 2 - middle)
        before += one
    return [ranks[where] for where in order]


def _quantile(ordered: Sequence[float], share: float) -> float:
    place = (len(ordered) - 1) * share
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
