"""The code a participant types to say who they are: seven characters, the last a check.

The alphabet has 23 characters that are hard to mistake for one another by eye. 23 is prime and
longer than the code, so weighting position n by n makes the check catch every single wrong
character and every swap of two characters. A letter comes first and a digit second: a code is
never a word a carrier acts on, nor a number that could be read as an answer.
"""

from __future__ import annotations

import unicodedata
from typing import Final

DIGITS: Final = "2346789"
LETTERS: Final = "ACDEFHJKMNPRTWXY"
ALPHABET: Final = DIGITS + LETTERS
LENGTH: Final = 7
ENOUGH_BYTES: Final = 16

_PRIME: Final = len(ALPHABET)
_DASHES: Final = "-_.‐‑‒–—―−"


def new_code(random_bytes: bytes) -> str:
    """A code made from at least 16 random bytes; the same bytes give the same code."""
    if len(random_bytes) < ENOUGH_BYTES:
        raise ValueError(f"A code needs {ENOUGH_BYTES} random bytes.")
    rest = int.from_bytes(random_bytes, "big")
    body = ""
    for place in range(LENGTH - 1):
        symbols = (LETTERS, DIGITS)[place] if place < 2 else ALPHABET
        rest, pick = divmod(rest, len(symbols))
        body += symbols[pick]
    return body + _check(body)


def normalise(text: str) -> str | None:
    """The code as it is stored, if `text` is one; case, width, spaces and dashes do not matter.

    None for anything else, a mistyped code included: a code is never guessed.
    """
    kept = "".join(
        character
        for character in unicodedata.normalize("NFKC", text).upper()
        if not character.isspace() and character not in _DASHES
    )
    if len(kept) != LENGTH or any(character not in ALPHABET for character in kept):
        return None
    if kept[0] not in LETTERS or kept[1] not in DIGITS or _check(kept[:-1]) != kept[-1]:
        return None
    return kept


def grouped(code: str) -> str:
    """The code as it is printed, in two groups: K7M-4PXR."""
    return f"{code[:3]}-{code[3:]}"


def _check(body: str) -> str:
    """The character that makes the sum of (position x value), check included, divisible by 23."""
    total = sum(place * ALPHABET.index(symbol) for place, symbol in enumerate(body, start=1))
    inverse = pow(len(body) + 1, -1, _PRIME)
    return ALPHABET[-total * inverse % _PRIME]
