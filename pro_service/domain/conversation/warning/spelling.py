"""Brings a text to the letters a language's expressions know: scripts, slips of the finger."""

from __future__ import annotations

import re
from typing import Final

from pro_service.domain.conversation.warning.signs import Tongue

_SHORTEST: Final = 5
"""Shorter words are too like each other to be corrected."""
_LONG: Final = 10
"""From this length two slips are forgiven."""
_WORD: Final = re.compile(r"[a-z]+")
_RUN: Final = re.compile(r"([a-z])\1{2,}")


def respell(tongue: Tongue, folded: str) -> str:
    """Return folded text in the language's usual letters; a slip in a known word is mended."""
    text = re.sub(r"(?<=[a-z])'(?=[a-z])", "", folded)
    text = _RUN.sub(r"\1\1", re.sub(r"[^\S\n]+", " ", text))
    if tongue.misspelt:
        return _WORD.sub(lambda match: _mended(tongue, match[0]), text)
    text = text.translate({ord(written): meant for written, meant in tongue.spelling.items()})
    # Chinese is written without spaces: one between its characters is a pause, between others none.
    return re.sub(r"(?<=[a-z\d]) (?=[a-z\d])", "", text)


def _mended(tongue: Tongue, word: str) -> str:
    known = tongue.spelling.get(word)
    if known is not None:
        return known
    if len(word) < _SHORTEST - 1 or word in tongue.not_misspelt or word in tongue.misspelt:
        return word
    for meant in tongue.misspelt:
        slips = 2 if len(meant) >= _LONG else 1
        near = word[0] == meant[0] and abs(len(word) - len(meant)) <= slips
        if near and _distance(word, meant) <= slips:
            return meant
    return word


def _distance(one: str, other: str) -> int:
    """Count letters more, less, other, or swapped with their neighbour, between two words."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        following = [i]
        for j, against in enumerate(other, start=1):
            cost = min(row[j] + 1, following[j - 1] + 1, row[j - 1] + (letter != against))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == against:
                cost = min(cost, before[j - 2] + 1)
            following.append(cost)
        before, row = row, following
    return row[-1]
