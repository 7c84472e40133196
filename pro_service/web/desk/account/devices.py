"""What a browser calls itself, in the few words its owner knows it by."""

from __future__ import annotations

from typing import Final

_BROWSERS: Final = (
    ("MicroMessenger", "WeChat"),
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
"""In this order: each names those after it as well."""
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def device_in_words(agent: str | None) -> str:
    """Browser and system, as far as they are known; else nothing."""
    named = [
        next((name for mark, name in known if mark in (agent or "")), None)
        for known in (_BROWSERS, _SYSTEMS)
    ]
    return " · ".join(one for one in named if one)
