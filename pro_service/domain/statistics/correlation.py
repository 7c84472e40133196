"""How two quantities move together: within units over time, or across units. Pure.

Estimates are exact up to the root. What cannot be told is said by a word, never by a number.
Bakdash JZ, Marusich LR. Repeated measures correlation. Front Psychol 2017;8:456.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import NormalDist
from typing import Final, Literal, NamedTuple

from pro_service.domain.statistics.moments import Left, products, taken_out
from pro_service.domain.statistics.special import incomplete_beta

Method = Literal["within", "within_visits", "pearson", "spearman"]
"""Within units over time (rmcorr); the same with the means of visits taken out; across units."""
WITHIN: Final[frozenset[Method]] = frozenset({"within", "within_visits"})
Undefined = Literal[
    "no_pairs", "one_pair", "no_repeats", "no_freedom", "no_variance_x", "no_variance_y"
]
"""Why there is no figure: no or one pair; no unit has two; too few pairs for what is estimated, so
that they always lie on a line; or one of both does not vary."""
LEVEL: Final = 0.95
"""The level of the intervals."""


class Point(NamedTuple):
    """A pair of values."""

    person: str
    unit: Hashable
    """What is measured repeatedly, as a knee; several may be of one person."""
    time: Hashable
    """When, in words all units share, as a visit."""
    x: Fraction
    y: Fraction


@dataclass(frozen=True, slots=True)
class Estimate:
    """A correlation, and what it stands on."""

    r: float | None
    why: Undefined | None
    """Why there is no r."""
    slope: float | None
    """By how much y moves with one more of x; none of ranks."""
    df: int
    pairs: int
    units: int
    persons: int


@dataclass(frozen=True, slots=True)
class Sums:
    """The sums of products of each person, and what to take out of them."""

    by_person: Mapping[str, list[Fraction]]
    """By person, in their order; the last two columns are x and y."""
    width: int


def correlate(points: Sequence[Point], method: Method) -> Estimate:
    """The correlation of x and y by a method."""
    units = len({one.unit for one in points})
    persons = len({one.person for one in points})
    sums = sums_of(ranked(points) if method == "spearman" else points, method)
    total = [sum(column, Fraction(0)) for column in zip(*sums.by_person.values(), strict=True)]
    left = taken_out(total, sums.width) if total else Left(0.0, 0.0, 0.0, 0)
    df = len(points) - left.rank - 1 - (units if method in WITHIN else 0)
    why = _undefined(points, method, left, df)
    if why is not None:
        return Estimate(None, why, None, max(df, 0), len(points), units, persons)
    slope = None if method == "spearman" else float(left.xy / left.xx)
    return Estimate(r_of(left), None, slope, df, len(points), units, persons)


def sums_of(points: Sequence[Point], method: Method) -> Sums:
    """What a correlation by this method is made of: values, or with `spearman` their ranks."""
    rows: Iterable[tuple[str, list[Fraction]]]
    if method in WITHIN:
        times = sorted({one.time for one in points}, key=str) if method == "within_visits" else []
        rows = _within_units(points, times)
        width = len(times[1:]) + 2
    else:
        rows, width = _across(points), 3
    by_person: dict[str, list[list[Fraction]]] = defaultdict(list)
    for person, row in rows:
        by_person[person].append(row)
    return Sums({one: products(by_person[one], width) for one in sorted(by_person)}, width)


def r_of(left: Left) -> float | None:
    """The correlation of what is left; None where one of both does not vary."""
    if left.xx == 0 or left.yy == 0:
        return None
    if isinstance(left.xx, Fraction):
        # The root of one fraction: an exact 1 stays 1.
        square = left.xy**2 / (left.xx * left.yy)
        return math.copysign(math.sqrt(square), left.xy)
    return max(-1.0, min(1.0, float(left.xy) / math.sqrt(left.xx * left.yy)))


def p_value(r: float, df: int) -> float:
    """Two-sided, that r is 0: by t with `df` degrees of freedom, of independent units."""
    return incomplete_beta(df / 2, 0.5, (1 - r) * (1 + r))


def fisher_interval(r: float, df: int) -> tuple[float, float] | None:
    """By Fisher's z, of independent units; None where it has none: a perfect line, or too few."""
    if df < 2 or abs(r) >= 1:
        return None
    half = NormalDist().inv_cdf((1 + LEVEL) / 2) / math.sqrt(df - 1)
    middle = math.atanh(r)
    return math.tanh(middle - half), math.tanh(middle + half)


def ranked(points: Sequence[Point]) -> list[Point]:
    """The same with the ranks of values in the place of values; equal ones share the middle."""
    x, y = _midranks(one.x for one in points), _midranks(one.y for one in points)
    return [one._replace(x=x[one.x], y=y[one.y]) for one in points]


def _midranks(values: Iterable[Fraction]) -> dict[Fraction, Fraction]:
    count: dict[Fraction, int] = defaultdict(int)
    for one in values:
        count[one] += 1
    ranks, before = {}, 0
    for one in sorted(count):
        ranks[one] = before + Fraction(count[one] + 1, 2)
        before += count[one]
    return ranks


def _within_units(
    points: Sequence[Point], times: Sequence[Hashable]
) -> list[tuple[str, list[Fraction]]]:
    """Each pair less its unit's means; before x and y a column for each time but the first."""
    by_unit: dict[Hashable, list[tuple[str, list[Fraction]]]] = defaultdict(list)
    for one in points:
        marks = [Fraction(one.time == time) for time in times[1:]]
        by_unit[one.unit].append((one.person, [*marks, one.x, one.y]))
    return [
        (person, [value - mean for value, mean in zip(row, means, strict=True)])
        for rows in by_unit.values()
        for means in (_means([row for _, row in rows]),)
        for person, row in rows
    ]


def _across(points: Sequence[Point]) -> list[tuple[str, list[Fraction]]]:
    """A one, x and y, both less their mean: the ones are taken out again in each resample."""
    if not points:
        return []
    x, y = _means([[one.x, one.y] for one in points])
    return [(one.person, [Fraction(1), one.x - x, one.y - y]) for one in points]


def _means(rows: Sequence[Sequence[Fraction]]) -> list[Fraction]:
    return [sum(column, Fraction(0)) / len(rows) for column in zip(*rows, strict=True)]


def _undefined(points: Sequence[Point], method: Method, left: Left, df: int) -> Undefined | None:
    if len(points) < 2:
        return "one_pair" if points else "no_pairs"
    if method in WITHIN and len({one.unit for one in points}) == len(points):
        return "no_repeats"
    if df < 1:
        return "no_freedom"
    if left.xx == 0:
        return "no_variance_x"
    return "no_variance_y" if left.yy == 0 else None
