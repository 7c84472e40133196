"""The ground of a chart: its size, its two axes, its lines and the labels at their ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from markupsafe import Markup

from pro_service.web.charts.axis import (
    LETTER,
    Axis,
    Label,
    axis_over,
    width_of,
    within,
    without_overlaps,
)
from pro_service.web.charts.svg import element, joined


class Size(NamedTuple):
    """One of the drawings of a chart: its class, and its width in CSS pixels."""

    name: str
    width: float


WIDE: Final = Size("wide", 720.0)
NARROW: Final = Size("slim", 320.0)
SIZES: Final = (WIDE, NARROW)
"""Every chart is drawn in each; the style sheet shows one of them."""


@dataclass(frozen=True, slots=True)
class Panel:
    """The ground between two axes; `y` runs from the bottom up."""

    width: float
    height: float
    x: Axis
    y: Axis
    y_ticks: tuple[float, ...]

    def holds(self, at: tuple[float, float]) -> bool:
        """Whether a place of the drawing lies on the ground, edges and all."""
        x, y = at
        return self.x.start <= x <= self.x.end and self.y.end <= y <= self.y.start

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Where a pair of values stands; what lies outside stands at the edge."""
        return self.x.at(x), self.y.at(y)


class Room(NamedTuple):
    """How high the ground is, and what is kept free above and below it for words."""

    ground: float = 150.0
    above: float = 22.0
    below: float = 24.0


ROOM: Final = Room()


def panel(
    size: Size,
    x: tuple[float, float],
    y_ticks: Sequence[float],
    said: Callable[[float], str],
    room: Room = ROOM,
) -> Panel:
    """A ground for values from `x` to `x` by ticks; as much is kept free at the left as the widest
    label (`said`) of a tick needs."""
    left = max(width_of(said(tick)) for tick in y_ticks) + 10.0
    right = size.width - 10.0
    low, high = x if x[0] < x[1] else (x[0] - 1.0, x[0] + 1.0)
    bottom = room.above + room.ground
    return Panel(
        size.width,
        bottom + room.below,
        Axis(low, high, left, right),
        axis_over(y_ticks, bottom, room.above),
        tuple(y_ticks),
    )


def ground(on: Panel, said: Callable[[float], str]) -> Markup:
    """The lines of the upright axis, each with its label."""
    return joined(
        *(
            joined(
                element(
                    "line",
                    x1=on.x.start,
                    x2=on.x.end,
                    y1=on.y.at(tick),
                    y2=on.y.at(tick),
                    class_="c-grid",
                ),
                element(
                    "text",
                    said(tick),
                    x=on.x.start - 6,
                    y=on.y.at(tick) + LETTER / 3,
                    class_="c-end",
                ),
            )
            for tick in on.y_ticks
        )
    )


def under(on: Panel, labels: Sequence[Label]) -> Markup:
    """Labels below the level axis, as many as have room; what comes first stays."""
    kept = without_overlaps(within(labels, 0.0, on.width))
    return joined(
        *(
            element("text", one.words, x=one.at, y=on.y.start + 17, class_="c-middle")
            for one in kept
        )
    )
