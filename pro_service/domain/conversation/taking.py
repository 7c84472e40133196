"""Whether a text holds the answer to the question that was open, for staff to take (rule R7).

The parser decides and nobody interprets: among whatever words there is exactly one number, in the
question's range, that nothing denies, compares or counts something else with. A word of a choice is
never taken out of a sentence: "no pain at night" is no answer to "how bad is your pain".
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final, NamedTuple

from pro_service.domain.conversation.framing import unframed
from pro_service.domain.conversation.reply import understand
from pro_service.domain.conversation.scan import Token, fold, scan
from pro_service.domain.instruments.model import Item

_CHANGES: Final = re.compile(
    r"\b(?:not|no|never|nor|without|isn't|wasn't|don't|didn't|can't|more|less|over|under|above"
    r"|below|beyond|than|but|except|instead|yesterday|last|before|earlier|ago|if|when it was"
    r"|maybe|perhaps|between|almost|nearly|up to|at least|at most|was|were)\b"
    r"|不|没|别|非|无|超过|以上|以下|多于|少于|比|但|可是|除了|昨|前|如果|要是|可能|也许|大概|左右"
)
"""Words that deny, compare, doubt or speak of another time."""
_COUNTED: Final = re.compile(
    r"^(?:pills?|tablets?|capsules?|drops?|times?|days?|nights?|weeks?|months?|years?|hours?|hrs?"
    r"|minutes?|mins?|o'clock|am|pm|a\.m|p\.m|mg|ml|g|kg|km|miles?|metres?|meters?|steps?|stairs?"
    r"|floors?|people|knees?|percent|degrees?|st|nd|rd|th)\b"
    r"|^(?:[片粒颗天日周月年次点时秒米里公斤克楼层级步个人岁度号膝位]|分钟)"
)
"""What follows a number that counts something else than points."""


class NotOne(StrEnum):
    """Why a text is not taken as the answer."""

    no_number = "no_number"
    several = "several"
    """More than one number, or one that may be read in two ways."""
    out_of_range = "out_of_range"
    changed = "changed"
    """Words deny it, compare it, or speak of another time."""
    counted = "counted"
    """The number counts something else."""


class Found(NamedTuple):
    """The one value a text holds, or None and why not."""

    value: int | None
    why_not: NotOne | None


def one_value(item: Item, text: str) -> Found:
    """Return the one value of `item` in a text of whatever words, if there is exactly one."""
    folded = unframed(fold(text))
    alone = understand(item, folded)
    if alone.value is not None:
        return Found(alone.value, None)
    tokens = scan((item,), folded)
    numbers = [place for place, one in enumerate(tokens) if one.kind in {"number", "ratio"}]
    if any(one.kind in {"malformed", "connector", "sign"} for one in tokens) or len(numbers) > 1:
        return Found(None, NotOne.several)
    if not numbers:
        return Found(None, NotOne.no_number)
    token = tokens[numbers[0]]
    if _CHANGES.search(folded):
        return Found(None, NotOne.changed)
    if _glued(tokens, numbers[0]) or _COUNTED.match(_rest(tokens, numbers[0])):
        return Found(None, NotOne.counted)
    said = f"{token.value}/{token.of}" if token.kind == "ratio" else str(token.value)
    value = understand(item, said).value
    return Found(value, None if value is not None else NotOne.out_of_range)


def _rest(tokens: tuple[Token, ...], place: int) -> str:
    return "".join(one.text for one in tokens[place + 1 :]).strip(" ,.")


def _glued(tokens: tuple[Token, ...], place: int) -> bool:
    """Whether letters run into the number ("4x", "l4"), or a Chinese numeral may be a word."""
    token = tokens[place]
    if not token.text.isascii() and token.kind == "number":
        return True
    before = tokens[place - 1] if place else None
    after = tokens[place + 1] if place + 1 < len(tokens) else None
    return any(
        one is not None and one.kind == "word" and one.text.isascii() for one in (before, after)
    )
