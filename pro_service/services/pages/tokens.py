"""Tokens in addresses as they are copied: with the sign or the words that stood after them."""

from __future__ import annotations

import re
from typing import Final

_WORD: Final = re.compile(r"[A-Za-z0-9]")
_TOKEN: Final = re.compile(r"([A-Za-z2-7]{16,64})(?![A-Za-z0-9])")
"""Letters and digits of base32, and then anything that is none."""


def bare_token(text: str) -> str | None:
    """The token a piece of an address begins with; None where it begins with none.

    What follows may be a sign of any language, a blank, or words in Chinese letters: whoever copies
    a link out of a sentence takes some along. A further letter or digit makes it another token.
    """
    found = _TOKEN.match(text)
    return None if found is None else found[1]


def token_copied(text: str, rest: str) -> str | None:
    """The token of an address in which a stroke and `rest` follow; None if `rest` holds words."""
    return None if _WORD.search(rest) else bare_token(text)
