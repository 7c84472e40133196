"""The scatter of one analysis: its pairs by knee, and the slope that was found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator
from importlib.resources import files
from typing import Final

from pro_service.domain.measures.analyses import Analysis
from pro_service.domain.measures.pairing import Of
from pro_service.domain.statistics.correlation import WITHIN, Point
from pro_service.web.charts.marks import PERSON, Style, style_of
from pro_service.web.charts.scatter import Dot, Line, Scatter, on_its_own, ticks_of
from pro_service.web.charts.svg import Told

_COLOURS: Final = (
    ":root { --ink: #1a1a1a; --soft-ink: #444444; --line: #c8c8c8; --paper: #ffffff;"
    " --accent: #14538a; } .c-words { font: 12px sans-serif; }"
)
"""What pages have of their own, for a picture that stands alone."""


def scatter_of(analysis: Analysis, told: Told, said: Callable[[Point], str]) -> Scatter:
    """The pairs of an analysis, x the measure and y the score; `said` is what a mark says.

    Within knees each knee has a line, all of the common slope; else one line goes through all.
    """
    points = analysis.points
    dots = tuple(Dot(float(one.x), float(one.y), _style(one.unit), said(one)) for one in points)
    return Scatter(
        told,
        ticks_of([one.x for one in dots]),
        ticks_of([one.y for one in dots]),
        dots,
        tuple(_lines(analysis)),
    )


def as_file(chart: Scatter, said: Callable[[float], str], *words: str) -> str:
    """The picture as a file of its own, with words above it and the style sheet within."""
    sheet = files("pro_service.web.charts").joinpath("static", "charts.css").read_text("utf-8")
    drawn = str(on_its_own(chart, said, words))
    head, _, rest = drawn.partition(">")
    head = head.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    return f"{head}><style>{_COLOURS}\n{sheet}</style>{rest}\n"


def _style(unit: Hashable) -> Style:
    return style_of(unit.target) if isinstance(unit, Of) else PERSON


def _lines(analysis: Analysis) -> Iterator[Line]:
    first = analysis.figures[0]
    slope = first.estimate.slope
    if slope is None:
        return
    groups: dict[Hashable, list[Point]] = defaultdict(list)
    for one in analysis.points:
        groups[one.unit if first.method in WITHIN else None].append(one)
    for unit, points in groups.items():
        xs = [float(one.x) for one in points]
        if min(xs) < max(xs):
            x = sum(xs) / len(xs)
            y = sum(float(one.y) for one in points) / len(points)
            low, high = (
                (end, y + slope * (end - x)) for end in (min(xs), max(xs))
            )
            yield Line(low, high, _style(unit))
