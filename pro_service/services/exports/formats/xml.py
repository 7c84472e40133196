"""XML as a stream writes it: one element at a time, escaped."""

from __future__ import annotations

import re
from typing import Final
from xml.sax.saxutils import escape, quoteattr

_NOT_XML: Final = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\ufffe\\uffff]")
"""What XML 1.0 cannot hold."""


def tag(name: str, content: str = "", *, is_text: bool = False, **attributes: str) -> str:
    """An element; `content` are elements already made, or a text to be escaped (`is_text`)."""
    told = "".join(f" {key}={quoteattr(clean(value))}" for key, value in attributes.items())
    if not content:
        return f"<{name}{told}/>"
    return f"<{name}{told}>{escape(clean(content)) if is_text else content}</{name}>"


def clean(text: str) -> str:
    """A text without the characters XML cannot hold."""
    return _NOT_XML.sub("", text)
