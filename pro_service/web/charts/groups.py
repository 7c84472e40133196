"""Mean and spread of groups, visit by visit, with how many there are below."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from markupsafe import Markup

from pro_service.web.charts import marks
from pro_service.web.charts.axis import LETTER, Label, within
from pro_service.web.charts.marks import Style
from pro_service.web.charts.panel import SIZES, Panel, Room, Size, ground, panel, under
from pro_service.web.charts.svg import Told, element, joined, picture

_BESIDE: Final = 9.0
"""How far the marks of two series at one visit stand apart."""
_CAP: Final = 4.0
_ROW: Final = LETTER + 4.0


class Bar(NamedTuple):
    """One group at one visit, by the visit's place in the order; `mean` None: too few for one."""

    visit: int
    count: int
    mean: float | None
    spread: float | None
    said: str


class GroupSeries(NamedTuple):
    """One group over the visits, in their order."""

    style: Style
    name: str
    bars: tuple[Bar, ...]


class GroupChart(NamedTuple):
    """Groups over visits; `number` is the word before the counts."""

    told: Told
    ticks: tuple[float, ...]
    visits: tuple[str, ...]
    series: tuple[GroupSeries, ...]


def draw(chart: GroupChart, key: str, said: Callable[[float], str]) -> Markup:
    """The chart in every size; `key` is an id of its own on the page, `said` writes a tick."""
    return joined(*(_drawn(chart, f"{key}-{size.name}", said, size) for size in SIZES))


def ground_of(chart: GroupChart, said: Callable[[float], str], size: Size) -> Panel:
    """The ground the chart is drawn on in a size, with a row for the counts of each series."""
    room = Room(above=10.0, below=28.0 + _ROW * len(chart.series))
    return panel(size, (-0.5, len(chart.visits) - 0.5), chart.ticks, said, room)


def place_of(on: Panel, chart: GroupChart, row: int, bar: Bar) -> tuple[float, float]:
    """Where a group stands at a visit; beside others, and on the level axis without a mean."""
    shift = (row - (len(chart.series) - 1) / 2) * _BESIDE
    x = min(max(on.x.at(bar.visit) + shift, on.x.start), on.x.end)
    return x, on.y.start - marks.RADIUS - 2 if bar.mean is None else on.y.at(bar.mean)


def _drawn(chart: GroupChart, key: str, said: Callable[[float], str], size: Size) -> Markup:
    on = ground_of(chart, said, size)
    # The first and the last visit are named before those between.
    order = sorted(range(len(chart.visits)), key=lambda one: one not in (0, len(chart.visits) - 1))
    return picture(
        key,
        (on.width, on.height),
        chart.told,
        ground(on, said),
        *(_series(on, chart, one, row) for row, one in enumerate(chart.series)),
        under(on, [Label(on.x.at(one), chart.visits[one]) for one in order]),
        css=f"chart c-{size.name}",
    )


def _series(on: Panel, chart: GroupChart, one: GroupSeries, row: int) -> Markup:
    """Spread, then the line of means, then marks, then how many."""
    drawn: list[Markup] = []
    runs: list[list[tuple[float, float]]] = [[]]
    for bar in one.bars:
        place = place_of(on, chart, row, bar)
        if bar.mean is None:
            runs.append([])
            continue
        runs[-1].append(place)
        drawn.append(_spread(on, one.style, place[0], bar))
    drawn += [marks.line(one.style, run) for run in runs]
    for bar in one.bars:
        x, y = place_of(on, chart, row, bar)
        if bar.mean is None:
            drawn.append(marks.missing(x, y, style=one.style, said=bar.said))
        else:
            drawn.append(marks.mark(one.style, x, y, said=bar.said))
    y = on.y.start + 17.0 + _ROW * (row + 1)
    drawn.append(marks.mark(one.style, 8.0, y - LETTER / 3))
    counts = within([Label(on.x.at(bar.visit), str(bar.count)) for bar in one.bars], 0.0, on.width)
    drawn += [element("text", label.words, x=label.at, y=y, class_="c-middle") for label in counts]
    return joined(*drawn)


def _spread(on: Panel, style: Style, x: float, bar: Bar) -> Markup:
    if bar.mean is None or bar.spread is None:
        return Markup("")
    top, bottom = on.y.at(bar.mean + bar.spread), on.y.at(bar.mean - bar.spread)
    ends = (
        element("line", x1=x - _CAP, x2=x + _CAP, y1=y, y2=y, class_=f"c-spread c-tone{style.tone}")
        for y in (top, bottom)
    )
    line = element("line", x1=x, x2=x, y1=top, y2=bottom, class_=f"c-spread c-tone{style.tone}")
    return joined(line, *ends)
