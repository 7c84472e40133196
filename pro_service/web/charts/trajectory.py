"""One value over time: what was measured of each knee, what is missing, and what happened.

Charts of one person stand below each other on one time axis (`Time`), one value a chart: never two
scales in one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Literal, NamedTuple

from markupsafe import Markup

from pro_service.web.charts import marks
from pro_service.web.charts.axis import Label, within
from pro_service.web.charts.marks import RADIUS, Style
from pro_service.web.charts.panel import ROOM, SIZES, Panel, Room, Size, ground, panel, under
from pro_service.web.charts.svg import Told, element, joined, picture

_BETWEEN_NUMBERS: Final = 2.0
_FREE: Final = 0.025
_SMALL: Final = Room(ground=84.0, above=22.0, below=24.0)


class Point(NamedTuple):
    """One value on a day, or that there is none."""

    at: float
    """Days on the time axis."""
    value: float | None
    """None: it is missing."""
    said: str
    """What it is, in words."""
    counts: bool = True
    """False: it is shown apart, and no line leads to it."""


class Level(NamedTuple):
    """A line across, from one day on: what the values are compared with."""

    value: float
    since: float
    kind: Literal["baseline", "threshold"]
    half: float | None = None
    """Half the height of the band around it: how far a measurement may be off."""


class Series(NamedTuple):
    """One knee's values, or the person's, in the order of their days."""

    style: Style
    points: tuple[Point, ...]
    levels: tuple[Level, ...] = ()


class Event(NamedTuple):
    """Something that happened on a day, by the number it has in the list of events."""

    at: float
    number: int
    main: bool = False
    """An injection: drawn whole; everything else is dashed."""


class Time(NamedTuple):
    """The one time axis of all charts."""

    first: float
    last: float
    ticks: tuple[Label, ...]
    """Days with their words, the most important first; `at` is a day here."""
    events: tuple[Event, ...] = ()


class Chart(NamedTuple):
    """One value over time."""

    told: Told
    ticks: tuple[float, ...]
    series: tuple[Series, ...]
    windows: tuple[tuple[float, float], ...] = ()
    """From when to when visits ask for it."""
    small: bool = False
    """Drawn low, where it stands among other things."""


def draw(chart: Chart, time: Time, key: str, said: Callable[[float], str]) -> Markup:
    """The chart in every size; `key` is an id of its own on the page, `said` writes a tick."""
    return joined(*(_drawn(chart, time, f"{key}-{size.name}", said, size) for size in SIZES))


def ground_of(chart: Chart, time: Time, said: Callable[[float], str], size: Size) -> Panel:
    """The ground the chart is drawn on in a size."""
    room = _SMALL if chart.small else ROOM
    # So that no mark stands on the labels of the upright axis.
    free = max((time.last - time.first) * _FREE, 1.0)
    return panel(size, (time.first - free, time.last + free), chart.ticks, said, room)


def place_of(on: Panel, one: Point, row: int) -> tuple[float, float]:
    """Where a point stands; missing ones stand on the level axis, each series in its own row."""
    if one.value is None:
        return on.x.at(one.at), on.y.start - RADIUS - 2 - row * (2 * RADIUS + 3)
    return on.place(one.at, one.value)


def _drawn(chart: Chart, time: Time, key: str, said: Callable[[float], str], size: Size) -> Markup:
    on = ground_of(chart, time, said, size)
    return picture(
        key,
        (on.width, on.height),
        chart.told,
        *(_window(on, *one) for one in chart.windows),
        ground(on, said),
        *(_band(on, level, one.style) for one in chart.series for level in one.levels),
        _events(on, time.events),
        *(_level(on, level, one.style) for one in chart.series for level in one.levels),
        *(_series(on, one, row) for row, one in enumerate(chart.series)),
        under(on, [Label(on.x.at(one.at), one.words) for one in time.ticks]),
        css=f"chart c-{size.name}",
    )


def _window(on: Panel, opens: float, closes: float) -> Markup:
    left, right = on.x.at(opens), on.x.at(closes)
    top = on.y.end
    if right - left < 0.5:
        return Markup("")
    return element(
        "rect",
        x=left,
        y=top,
        width=right - left,
        height=on.y.start - top,
        class_="c-window",
    )


def _band(on: Panel, level: Level, style: Style) -> Markup:
    if level.half is None:
        return Markup("")
    top, bottom = on.y.at(level.value + level.half), on.y.at(level.value - level.half)
    left = on.x.at(level.since)
    return element(
        "rect",
        x=left,
        y=top,
        width=max(on.x.end - left, 0.0),
        height=max(bottom - top, 0.0),
        class_=f"c-band c-tone{style.tone}",
    )


def _level(on: Panel, level: Level, style: Style) -> Markup:
    if not on.y.low <= level.value <= on.y.high:
        return Markup("")
    y = on.y.at(level.value)
    css = f"c-{level.kind} c-tone{style.tone}"
    return element("line", x1=on.x.at(level.since), x2=on.x.end, y1=y, y2=y, class_=css)


def _events(on: Panel, events: Sequence[Event]) -> Markup:
    """A line for each day on which something happened, its number above it where there is room."""
    lines = (
        element(
            "line",
            x1=on.x.at(one.at),
            x2=on.x.at(one.at),
            y1=on.y.end - 4,
            y2=on.y.start,
            class_="c-event c-main" if one.main else "c-event",
        )
        for one in events
    )
    written = (
        element("text", one.words, x=one.at, y=on.y.end - 9, class_="c-middle c-number")
        for one in numbers_of(on, events)
    )
    return joined(*lines, *written)


def numbers_of(on: Panel, events: Sequence[Event]) -> tuple[Label, ...]:
    """The numbers of events; of those too near each other the first and the last in one label."""
    groups: list[list[Event]] = []
    for one in sorted(events, key=lambda one: (one.at, one.number)):
        groups.append([one])
        while len(groups) > 1 and _touch(on, *groups[-2:]):
            groups[-2:] = [[*groups[-2], *groups[-1]]]
    return tuple(_number(on, group) for group in groups)


def _touch(on: Panel, one: Sequence[Event], other: Sequence[Event]) -> bool:
    return _number(on, one).last + _BETWEEN_NUMBERS > _number(on, other).first


def _number(on: Panel, group: Sequence[Event]) -> Label:
    first, last = group[0], group[-1]
    words = str(first.number) if first is last else f"{first.number}–{last.number}"
    label = Label((on.x.at(first.at) + on.x.at(last.at)) / 2, words)
    return within([label], 0.0, on.width)[0]  # As it will stand: at the edges labels come nearer.


def _series(on: Panel, one: Series, row: int) -> Markup:
    """Lines first, so that marks stand on them; what is missing breaks the line."""
    runs: list[list[tuple[float, float]]] = [[]]
    for point in one.points:
        if point.value is None:
            runs.append([])
        elif point.counts:
            runs[-1].append(on.place(point.at, point.value))
    drawn = [marks.line(one.style, run) for run in runs]
    for point in one.points:
        x, y = place_of(on, point, row)
        if point.value is None:
            drawn.append(marks.missing(x, y, style=one.style, said=point.said))
        else:
            drawn.append(marks.mark(one.style, x, y, apart=not point.counts, said=point.said))
    return joined(*drawn)
