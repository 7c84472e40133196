"""The trial's own question, three ways: whether a score and a measure move together. Pure.

Within knees over time, as changes from baseline to a visit, and across knees at a visit. On one and
the same data they differ, so each says what it is; and each is exploratory unless it was planned.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, NamedTuple

from pro_service.domain.endpoints.plan import Correlation, CorrelationKind
from pro_service.domain.endpoints.visits import BASELINE
from pro_service.domain.measures.pairing import Paired, at_visit
from pro_service.domain.statistics.correlation import (
    WITHIN,
    Estimate,
    Method,
    Point,
    correlate,
    fisher_interval,
    p_value,
)
from pro_service.domain.statistics.resampling import Interval, bootstrap

OVER_TIME: Final[CorrelationKind] = "within knees over time"
CHANGE: Final[CorrelationKind] = "change from baseline"
AT_VISIT: Final[CorrelationKind] = "at a visit"
METHODS: Final[dict[CorrelationKind, tuple[Method, Method]]] = {
    OVER_TIME: ("within", "within_visits"),
    CHANGE: ("pearson", "spearman"),
    AT_VISIT: ("pearson", "spearman"),
}


class Question(NamedTuple):
    """Which score is set beside which measure, and at which analysis visit beside over time."""

    instrument: str
    scale: str
    measure: str
    region: str | None
    layer: str | None
    visit: str | None


@dataclass(frozen=True, slots=True)
class Figure:
    """One correlation by one method."""

    method: Method
    estimate: Estimate
    p: float | None
    """That there is none; None too where two knees of a person would count as two persons."""
    z_interval: tuple[float, float] | None
    """By Fisher's z, of knees as if each were a person's own: as published for rmcorr."""
    interval: Interval
    """By bootstrap over participants."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """One way of asking, with its points and figures."""

    kind: CorrelationKind
    visit: str | None
    planned: str | None
    """Its id in the analysis plan; None: exploratory, found by looking."""
    points: tuple[Point, ...]
    figures: tuple[Figure, ...]


def analyse(
    question: Question, pairs: Sequence[Paired], correlations: Sequence[Correlation]
) -> tuple[Analysis, ...]:
    """Every way the question is asked, the planned ones first."""
    found = [
        _analysis(question, kind, points, correlations)
        for kind, points in _points(question.visit, pairs)
    ]
    return tuple(sorted(found, key=lambda one: one.planned is None))


def planned_as(
    question: Question, kind: CorrelationKind, correlations: Sequence[Correlation]
) -> str | None:
    """The id under which this very question was planned, if it was."""
    visit = None if kind == OVER_TIME else question.visit
    mine = (question.instrument, question.scale, question.measure, question.region, question.layer)
    for one in correlations:
        place = (one.score.instrument, one.score.scale, one.measure, one.region, one.layer)
        if (one.kind, one.visit, place) == (kind, visit, mine):
            return one.id
    return None


def _points(
    visit: str | None, pairs: Sequence[Paired]
) -> Iterator[tuple[CorrelationKind, list[Point]]]:
    yield OVER_TIME, [_point(one) for one in pairs]
    if visit is None:
        return
    here = at_visit(pairs, visit)
    if visit != BASELINE:
        before = at_visit(pairs, BASELINE)
        changes = [(here[of], before[of]) for of in sorted(here.keys() & before.keys())]
        yield CHANGE, [_change(one, base) for one, base in changes]
    yield AT_VISIT, [_point(here[of]) for of in sorted(here)]


def _point(one: Paired) -> Point:
    score = one.score
    return Point(score.of.code, score.of, score.visit, Fraction(one.value), Fraction(score.value))


def _change(one: Paired, base: Paired) -> Point:
    later, earlier = _point(one), _point(base)
    return later._replace(x=later.x - earlier.x, y=later.y - earlier.y)


def _analysis(
    question: Question,
    kind: CorrelationKind,
    points: Sequence[Point],
    correlations: Sequence[Correlation],
) -> Analysis:
    return Analysis(
        kind,
        None if kind == OVER_TIME else question.visit,
        planned_as(question, kind, correlations),
        tuple(points),
        tuple(_figure(points, method) for method in METHODS[kind]),
    )


def _figure(points: Sequence[Point], method: Method) -> Figure:
    estimate = correlate(points, method)
    p = z_interval = None
    if estimate.r is not None and method != "spearman":
        if method in WITHIN or estimate.units == estimate.persons:
            p = p_value(estimate.r, estimate.df)
        if method in WITHIN:
            z_interval = fisher_interval(estimate.r, estimate.df)
    return Figure(method, estimate, p, z_interval, bootstrap(points, method))
