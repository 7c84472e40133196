"""XML as a stream writes it: one element at a time, escaped."""

from __future__ import annotations

import re
from typing import Final
from xml.sax.saxutils import escape, quoteattr

_NOT_XML: Final = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\ufffe\\uffff]")
"""What XML 1.0 cannot hold."""


def tag(name: str, content: str = "", **attributes: str) -> str:
    """An element; `content` are elements already made."""
    told = "".join(f" {key}={quoteattr(clean(value))}" for key, value in attributes.items())
    return f"<{name}{told}>{content}</{name}>" if content else f"<{name}{told}/>"


def text(name: str, words: str, **attributes: str) -> str:
    """An element that holds a text."""
    return tag(name, escape(clean(words)), **attributes)


def clean(words: str) -> str:
    """A text without the characters XML cannot hold."""
    return _NOT_XML.sub("", words)
