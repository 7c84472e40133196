"""Marks and lines: told apart by shape and dash, whatever the colours are."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from markupsafe import Markup

from pro_service.web.charts.svg import element, path

Shape = Literal["circle", "square", "diamond", "triangle", "cross"]
Dash = Literal["whole", "long", "short", "dots"]
RADIUS: Final = 4.5


class Style(NamedTuple):
    """How one series looks: the shape of its marks, the dash of its line, its colour's number."""

    shape: Shape
    dash: Dash
    tone: Literal[1, 2, 3, 4]
    hollow: bool = False

    @property
    def css(self) -> str:
        """The classes of its marks and lines."""
        return f"c-tone{self.tone} c-{self.dash}{' c-hollow' if self.hollow else ''}"


RIGHT: Final = Style("circle", "whole", 1)
LEFT: Final = Style("square", "long", 2, hollow=True)
PERSON: Final = Style("diamond", "whole", 3)
STYLES: Final = (RIGHT, LEFT, PERSON, Style("triangle", "dots", 4, hollow=True))
"""Looks of as many series as one panel may hold."""


def style_of(target: str) -> Style:
    """How a knee, or the person, looks in every chart."""
    return {"right_knee": RIGHT, "left_knee": LEFT}.get(target, PERSON)


def mark(style: Style, x: float, y: float, *, apart: bool = False, said: str = "") -> Markup:
    """A mark at a place; `apart` is one that does not count, `said` what a pointer resting on it
    shows."""
    css = f"c-mark {style.css}{' c-apart' if apart else ''}"
    title = (element("title", said),) if said else ()
    if style.shape == "circle":
        return element("circle", *title, cx=x, cy=y, r=RADIUS, class_=css)
    return element("path", *title, d=_outline(style.shape, x, y), class_=css)


def missing(x: float, y: float, *, style: Style, said: str = "") -> Markup:
    """The sign of what is missing: a cross."""
    title = (element("title", said),) if said else ()
    return element(
        "path", *title, d=_outline("cross", x, y), class_=f"c-missing c-tone{style.tone}"
    )


def line(style: Style, points: list[tuple[float, float]], more: str = "") -> Markup:
    """A line through two points or more; nothing for fewer."""
    if len(points) < 2:
        return Markup("")
    return element("path", d=path(points), class_=f"c-line {style.css} {more}".rstrip())


def _outline(shape: Shape, x: float, y: float) -> str:
    r = RADIUS
    if shape == "cross":
        return f"{path([(x - r, y - r), (x + r, y + r)])} {path([(x + r, y - r), (x - r, y + r)])}"
    corners = {
        "square": [(-r, -r), (r, -r), (r, r), (-r, r)],
        "diamond": [(0.0, -r - 1), (r + 1, 0.0), (0.0, r + 1), (-r - 1, 0.0)],
        "triangle": [(0.0, -r - 1), (r + 1, r), (-r - 1, r)],
    }[shape]
    return path([(x + dx, y + dy) for dx, dy in corners]) + " Z"
