"""What marks and lines mean: a small drawing for each, to stand beside its words."""

from __future__ import annotations

from typing import Final

from markupsafe import Markup

from pro_service.web.charts import marks
from pro_service.web.charts.marks import RIGHT, Style
from pro_service.web.charts.svg import element

_WIDTH: Final = 44
_HEIGHT: Final = 14
_MIDDLE: Final = (22.0, 7.0)


def series_key(style: Style) -> Markup:
    """How one series looks: its line with a mark on it."""
    return _key(marks.line(style, [(1.0, 7.0), (43.0, 7.0)]), marks.mark(style, *_MIDDLE))


def missing_key() -> Markup:
    """What is missing."""
    return _key(marks.missing(*_MIDDLE, style=RIGHT))


def apart_key() -> Markup:
    """What does not count."""
    return _key(marks.mark(RIGHT, *_MIDDLE, apart=True))


def level_key(kind: str) -> Markup:
    """A line across: `baseline`, `threshold`, or `event` for what happened."""
    return _key(element("line", x1=1, x2=43, y1=7, y2=7, class_=f"c-{kind} c-tone{RIGHT.tone}"))


def area_key(kind: str) -> Markup:
    """An area: `window` or `band`."""
    css = f"c-{kind} c-tone{RIGHT.tone}"
    return _key(element("rect", x=1, y=1, width=42, height=12, class_=css))


def _key(*inside: Markup) -> Markup:
    return element(
        "svg",
        *inside,
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
        width=_WIDTH,
        height=_HEIGHT,
        class_="chart c-key",
        aria_hidden="true",
    )
