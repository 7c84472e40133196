"""Elements of SVG as safe markup."""

from __future__ import annotations

from typing import Final, NamedTuple

from markupsafe import Markup, escape

Value = str | int | float | None
"""An attribute; None leaves it out."""
NOTHING: Final = Markup("")


class Told(NamedTuple):
    """What a picture says to whoever does not see it: its title, and what it shows."""

    title: str
    description: str


def element(name: str, *inside: str, **attributes: Value) -> Markup:
    """One element; what is inside is escaped unless it is markup. `class_` is the class, and an
    underscore in a name a hyphen."""
    written = Markup("").join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), _written(value))
        for key, value in attributes.items()
        if value is not None
    )
    body = joined(*inside)
    if not body:
        return Markup("<{0}{1}/>").format(name, written)
    return Markup("<{0}{1}>{2}</{0}>").format(name, written, body)


def joined(*parts: str) -> Markup:
    """Parts one after the other."""
    return Markup("").join(escape(part) for part in parts)


def picture(key: str, size: tuple[float, float], told: Told, *inside: str, css: str) -> Markup:
    """A whole picture; `key` is an id of its own on the page."""
    width, height = size
    title, desc = f"{key}-t", f"{key}-d"
    return element(
        "svg",
        element("title", told.title, id=title),
        element("desc", told.description, id=desc),
        *inside,
        viewBox=f"0 0 {_number(width)} {_number(height)}",
        role="img",
        aria_labelledby=f"{title} {desc}",
        class_=css,
        width=width,
        height=height,
    )


def path(points: list[tuple[float, float]]) -> str:
    """The way of a line through points."""
    return " ".join(
        f"{'L' if index else 'M'}{_number(x)} {_number(y)}" for index, (x, y) in enumerate(points)
    )


def _written(value: Value) -> str:
    return _number(value) if isinstance(value, float) else str(value)


def _number(value: float) -> str:
    """A length with one decimal at most."""
    return f"{value:.1f}".removesuffix(".0")
