"""Two quantities beside each other: a mark for each pair, told apart by knee, and the lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from markupsafe import Markup

from pro_service.web.charts import marks
from pro_service.web.charts.axis import LETTER, Label, ticks_over
from pro_service.web.charts.marks import Style
from pro_service.web.charts.panel import SIZES, WIDE, Panel, Room, Size, ground, panel, under
from pro_service.web.charts.svg import Told, element, joined, picture

_ROOM: Final = Room(ground=260.0, above=12.0, below=28.0)
_HEAD: Final = LETTER + 6.0


class Dot(NamedTuple):
    """One pair."""

    x: float
    y: float
    style: Style
    said: str


class Line(NamedTuple):
    """From one place to another, in values."""

    first: tuple[float, float]
    last: tuple[float, float]
    style: Style


class Scatter(NamedTuple):
    """Pairs, with lines through them; of each axis the ticks."""

    told: Told
    x_ticks: tuple[float, ...]
    y_ticks: tuple[float, ...]
    dots: tuple[Dot, ...]
    lines: tuple[Line, ...]


def ticks_of(values: Sequence[float]) -> tuple[float, ...]:
    """Round values that cover all of these."""
    return ticks_over(min(values), max(values)) if values else (0.0, 1.0)


def draw(chart: Scatter, key: str, said: Callable[[float], str]) -> Markup:
    """The chart in every size; `key` is an id of its own on the page, `said` writes a tick."""
    return joined(
        *(_drawn(chart, f"{key}-{one.name}", said, one, f"chart c-{one.name}") for one in SIZES)
    )


def ground_of(chart: Scatter, said: Callable[[float], str], size: Size) -> Panel:
    """The ground the chart is drawn on in a size."""
    ends = (chart.x_ticks[0], chart.x_ticks[-1])
    return panel(size, ends, chart.y_ticks, said, _ROOM)


def on_its_own(chart: Scatter, said: Callable[[float], str], words: Sequence[str]) -> Markup:
    """A picture to be kept as a file, with lines of words above it; it needs a style sheet."""
    on = ground_of(chart, said, WIDE)
    head = _HEAD * len(words) + 6.0
    lines = (
        element("text", line, x=0, y=_HEAD * (place + 1), class_="c-words")
        for place, line in enumerate(words)
    )
    inside = element(
        "g", *_parts(chart, on, said), transform=f"translate(0 {head:.0f})"
    )
    size = (on.width, on.height + head)
    return picture("scatter", size, chart.told, *lines, inside, css="chart")


def _drawn(
    chart: Scatter, key: str, said: Callable[[float], str], size: Size, css: str
) -> Markup:
    on = ground_of(chart, said, size)
    return picture(
        key, (on.width, on.height), chart.told, *_parts(chart, on, said), css=css
    )


def _parts(chart: Scatter, on: Panel, said: Callable[[float], str]) -> list[Markup]:
    """Lines of the ground first, then those through the pairs, then the pairs."""
    upright = (
        element(
            "line",
            x1=on.x.at(tick),
            x2=on.x.at(tick),
            y1=on.y.start,
            y2=on.y.end,
            class_="c-grid",
        )
        for tick in chart.x_ticks
    )
    return [
        ground(on, said),
        *upright,
        *(marks.line(one.style, _within(on, one), "c-thin") for one in chart.lines),
        *(marks.mark(one.style, *on.place(one.x, one.y), said=one.said) for one in chart.dots),
        under(on, [Label(on.x.at(tick), said(tick)) for tick in chart.x_ticks]),
    ]


def _within(on: Panel, one: Line) -> list[tuple[float, float]]:
    return [on.place(*one.first), on.place(*one.last)]
