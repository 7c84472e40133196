"""The pattern a protocol gives participants' codes."""

from __future__ import annotations

import re
from typing import Final

LONGEST_PATTERN: Final = 200


def checked_pattern(pattern: str) -> str:
    """The pattern, if it is a regular expression that can be used. Raises ValueError."""
    if not 0 < len(pattern) <= LONGEST_PATTERN:
        raise ValueError(f"has 1 to {LONGEST_PATTERN} characters")
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"is not a regular expression ({error.msg})") from None
    return pattern
