"""What differs between two versions of a document, in lines that people read."""

from __future__ import annotations

from typing import Final

_NAMES: Final = ("id", "visit", "instrument")
"""Keys by which the tables of a list are told apart."""


def differences(place: str, before: object, after: object) -> list[str]:
    """Say what was added, left out or changed at a place, a line each.

    Both are plain documents (tables, lists, values); lists of named tables are compared by name.
    """
    if before == after:
        return []
    if isinstance(before, dict) and isinstance(after, dict):
        return [
            line
            for key in dict.fromkeys((*before, *after))
            for line in differences(f"{place}.{key}", before.get(key), after.get(key))
        ]
    named = _by_id(before), _by_id(after)
    if named[0] is not None and named[1] is not None:
        return [
            line
            for key in dict.fromkeys((*named[0], *named[1]))
            for line in differences(f"{place}.{key}", named[0].get(key), named[1].get(key))
        ]
    if before is None:
        return [f"{place}: new: {_short(after)}"]
    if after is None:
        return [f"{place}: no longer; it was {_short(before)}"]
    return [f"{place}: {_short(before)} -> {_short(after)}"]


def _by_id(content: object) -> dict[str, object] | None:
    """A list of tables by what names them; None for any other content."""
    if not isinstance(content, list):
        return None
    found: dict[str, object] = {}
    for each in content:
        if not isinstance(each, dict):
            return None
        name = next((each[key] for key in _NAMES if key in each), None)
        if not isinstance(name, str) or name in found:
            return None
        found[name] = each
    return found


def _short(content: object) -> str:
    """A value in few words."""
    if isinstance(content, dict):
        return ", ".join(
            f"{key} {_short(each)}" for key, each in content.items() if each not in (None, [])
        )
    if isinstance(content, list):
        return "[" + ", ".join(_short(each) for each in content) + "]"
    return str(content)
