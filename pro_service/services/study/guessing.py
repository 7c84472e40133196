"""How soon a password is guessed: by those who try common words, runs of keys, years and repeats.

The estimate counts pieces, not characters. A word of the shipped list is one piece, and so is a
run (`1234`, `qwer`, `aaaa`), a year, or a look-alike of any of them (`p@ssw0rd`); what was there
before costs nothing again. Any other character is a piece of its own.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Final

LIST: Final = "common_passwords.txt"
SHORTEST_RUN: Final = 3
LONGEST_PIECE: Final = 24
LOOKED_AT: Final = 64
"""Characters of a long password that are looked at: if these are not soon guessed, it is not."""
MOST_SEPARATORS: Final = 2
"""Blanks and signs between pieces count once each, and so many of them at most."""

_ROWS: Final = (
    "`1234567890-=",
    "!@#$%^&*()_+",
    "qwertyuiop[]",
    "asdfghjkl;'",
    "zxcvbnm,./",
    "qazwsxedcrfvtgbyhnujmikolp",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "1q2w3e4r5t6y7u8i9o0p",
    "147258369",
    "159357",
)
_LOOK_ALIKE: Final = str.maketrans("013457@$!+", "oieastasit")
_YEAR: Final = re.compile(r"(?:19|20)[0-9]{2}(?:(?:0[1-9]|1[0-2])(?:[0-2][0-9]|3[01]))?")


def pieces(password: str) -> int:
    """How many pieces a guesser must put together."""
    typed = unicodedata.normalize("NFKC", password[:LOOKED_AT]).casefold()
    apart = {one for one in typed if not one.isalnum()}
    joined = "".join(one for one in typed if one.isalnum())
    return min(_fewest(typed), _fewest(joined)) + min(len(apart), MOST_SEPARATORS)


@cache
def common_words() -> frozenset[str]:
    """The shipped list of words and whole passwords that are tried first."""
    text = files(__package__).joinpath(LIST).read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return frozenset(word for line in lines for word in line.split() if len(word) >= SHORTEST_RUN)


def _fewest(typed: str) -> int:
    """The fewest pieces that make up a text; blanks and signs are counted elsewhere."""
    costs = [0]
    for end in range(1, len(typed) + 1):
        best = costs[end - 1] + (1 if typed[end - 1].isalnum() else 0)
        for begin in range(end - SHORTEST_RUN, max(-1, end - LONGEST_PIECE - 1), -1):
            part = typed[begin:end]
            if part in typed[:begin]:
                best = min(best, costs[begin])
            elif _is_known(part) or _is_known(part.translate(_LOOK_ALIKE)):
                best = min(best, costs[begin] + 1)
        costs.append(best)
    return costs[-1]


def _is_known(part: str) -> bool:
    return part in common_words() or _is_run(part) or _YEAR.fullmatch(part) is not None


def _is_run(part: str) -> bool:
    """Whether a text goes along the alphabet, the numbers or a row of keys, or stands still."""
    steps = {ord(after) - ord(before) for before, after in pairwise(part)}
    if steps in ({0}, {1}, {-1}):
        return True
    if part.isdigit() and {step % 10 for step in steps} in ({1}, {9}):
        return True
    return any(part in row or part[::-1] in row for row in _ROWS)
