"""The code a participant types to say who they are: ten characters, on older cards seven.

A letter comes first and a digit second: a code is never a word a carrier acts on, nor a number
that could be read as an answer.

Ten characters are of an alphabet of 27, in which of those that are mistaken for one another by eye
one stands for all: whoever reads 0 as O, or 5 as S, has typed the code all the same. There are so
many codes that a mistyped one is nobody's, and that guessing is hopeless (`SPACE`): it takes no
check character. Seven characters are of 23, and the last is a check: 23 is prime and longer than
the code, so weighting position n by n makes it catch every single wrong character and every swap
of two.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

DIGITS: Final = "02346789"
LETTERS: Final = "ACDEFHJKLMNPRSTUWXY"
ALPHABET: Final = DIGITS + LETTERS
LENGTH: Final = 10
SPACE: Final = len(LETTERS) * len(DIGITS) * len(ALPHABET) ** (LENGTH - 2)
"""How many codes of ten characters there are: 4.3e13."""
ENOUGH_BYTES: Final = 16

_LOOK_ALIKE: Final = str.maketrans("OQ1I5VZBG", "00LLSU286")

OLD_LENGTH: Final = 7
_OLD_DIGITS: Final = "2346789"
_OLD_LETTERS: Final = "ACDEFHJKMNPRTWXY"
OLD_ALPHABET: Final = _OLD_DIGITS + _OLD_LETTERS
OLD_SPACE: Final = len(_OLD_LETTERS) * len(_OLD_DIGITS) * len(OLD_ALPHABET) ** (OLD_LENGTH - 3)
"""How many codes of seven characters there are: 31 million, so they are tried more slowly."""

_PRIME: Final = len(OLD_ALPHABET)
_DASHES: Final = "-_.‐‑‒–—―−"


def new_code(random_bytes: bytes) -> str:
    """A code made from at least 16 random bytes; the same bytes give the same code."""
    if len(random_bytes) < ENOUGH_BYTES:
        raise ValueError(f"A code needs {ENOUGH_BYTES} random bytes.")
    rest = int.from_bytes(random_bytes, "big")
    code = ""
    for place in range(LENGTH):
        symbols = (LETTERS, DIGITS)[place] if place < 2 else ALPHABET
        rest, pick = divmod(rest, len(symbols))
        code += symbols[pick]
    return code


def normalise(text: str) -> str | None:
    """The code as it is stored, if `text` is one; case, width, spaces and dashes do not matter.

    None for anything else, a mistyped code of seven included: a code is never guessed.
    """
    kept = "".join(
        character
        for character in unicodedata.normalize("NFKC", text).upper()
        if not character.isspace() and character not in _DASHES
    )
    if len(kept) == OLD_LENGTH:
        return kept if _is_old_code(kept) else None
    kept = kept.translate(_LOOK_ALIKE)
    if len(kept) != LENGTH or any(character not in ALPHABET for character in kept):
        return None
    return kept if kept[0] in LETTERS and kept[1] in DIGITS else None


def is_short(code: str) -> bool:
    """Whether a code is one of an older card."""
    return len(code) == OLD_LENGTH


def grouped(code: str) -> str:
    """The code as it is printed, in groups: K7M-4PX-9RTA, or K7M-4PXR."""
    if is_short(code):
        return f"{code[:3]}-{code[3:]}"
    return f"{code[:3]}-{code[3:6]}-{code[6:]}"


def _is_old_code(kept: str) -> bool:
    return (
        all(character in OLD_ALPHABET for character in kept)
        and kept[0] in _OLD_LETTERS
        and kept[1] in _OLD_DIGITS
        and old_check(kept[:-1]) == kept[-1]
    )


def old_check(body: str) -> str:
    """The last of seven characters: it makes the sum of (position x value) divisible by 23."""
    total = sum(place * OLD_ALPHABET.index(symbol) for place, symbol in enumerate(body, start=1))
    inverse = pow(len(body) + 1, -1, _PRIME)
    return OLD_ALPHABET[-total * inverse % _PRIME]


def without(codes: Iterable[str], text: str) -> str:
    """A text without these codes, however their letters are cased, spaced or dashed."""
    for code in codes:
        spelled = rf"[{re.escape(_DASHES)}\s]*".join(re.escape(symbol) for symbol in code)
        text = re.sub(spelled, " ", text, flags=re.IGNORECASE)
    return text
