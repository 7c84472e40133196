"""What a participant's reply to a question says: a value of that question, or nothing.

Forgiving in form (width, case, number words, "4分", "4/10" where 10 is the item's upper bound,
one number among harmless words), never guessing in substance: a second number, an unknown word, a
sign, a fraction, a number outside the range are all asked again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from pro_service.domain.conversation import words
from pro_service.domain.conversation.commands import Command, recognise
from pro_service.domain.conversation.framing import unframed
from pro_service.domain.conversation.scan import Token, fold, scan
from pro_service.domain.instruments.model import Item
from pro_service.domain.instruments.numbers import Value
from pro_service.domain.instruments.values import is_permitted
from pro_service.domain.record import Record

Gap = Literal["skipped", "not_applicable"]
Reason = Literal[
    "value",
    "words",  # letters that are no answer: somebody must read it
    "several",  # more than one number where one was asked, or a wrong count of numbers
    "out_of_range",
    "unclear",  # no number, or signs around it that could change it
]


class Understood(Record):
    """One item's reply: `value` within the item's range, or None and why not."""

    value: Value | None
    reason: Reason


class UnderstoodSeveral(Record):
    """Several items' reply: one answer an item in the order asked, or None and why not."""

    answers: tuple[Value | Gap, ...] | None
    reason: Reason


_STRONG = re.compile(r"[,;、\n]+")
_ANY = re.compile(r"[\s,;、]+")


def understand(item: Item, text: str) -> Understood:
    """Return the one value of `item` that `text` says, if it says exactly one."""
    return _judge(item, scan((item,), unframed(fold(text))))


def understand_several(items: Sequence[Item], text: str) -> UnderstoodSeveral:
    """Return one answer for each of `items`, in order, if `text` gives exactly as many.

    Answers stand apart by spaces, commas (of either script), semicolons or lines; glued digits
    count only where every range lies within 0-9. A word for "skip" or "does not apply" may stand
    in an answer's place where that item allows it.
    """
    if len(items) == 1:
        one = understand(items[0], text)
        return UnderstoodSeveral(
            answers=None if one.value is None else (one.value,), reason=one.reason
        )
    folded = unframed(fold(text)).strip(" .。,;、!")
    ways = [_STRONG.split(folded), _glued(items, folded)]
    if not _spaced_numeral(items, folded):
        ways.append(_ANY.split(folded))
    for pieces in ways:
        if len(pieces) == len(items):
            answers = [_piece(item, piece) for item, piece in zip(items, pieces, strict=True)]
            whole = tuple(answer for answer in answers if answer is not None)
            if len(whole) == len(items):
                return UnderstoodSeveral(answers=whole, reason="value")
    return UnderstoodSeveral(answers=None, reason=_why_not_several(items, folded))


def _glued(items: Sequence[Item], folded: str) -> list[str]:
    within_a_digit = all(
        item.minimum >= 0 and item.maximum <= 9 and not item.decimals for item in items
    )
    return list(folded) if within_a_digit and folded.isdecimal() else []


def _spaced_numeral(items: Sequence[Item], folded: str) -> bool:
    """Tell whether one number is written with a space ("twenty five"): no cut may split it."""
    return any(
        token.kind in {"number", "ratio"} and " " in token.text for token in scan(items, folded)
    )


def _piece(item: Item, piece: str) -> Value | Gap | None:
    value = understand(item, piece).value
    if value is not None:
        return value
    command = recognise(piece)
    if command is Command.skip and item.skippable:
        return "skipped"
    if command is Command.not_applicable and item.may_not_apply:
        return "not_applicable"
    return None


def _why_not_several(items: Sequence[Item], folded: str) -> Reason:
    gaps = {Command.skip, Command.not_applicable}
    answers = [piece for piece in _ANY.split(folded) if recognise(piece) not in gaps]
    tokens = scan(items, " ".join(answers))
    if _has_message(tokens):
        return "words"
    numbers = sum(token.kind in {"number", "ratio", "choice"} for token in tokens)
    if any(token.kind in {"sign", "malformed"} for token in tokens) or numbers == 0:
        return "unclear"
    return "out_of_range" if numbers == len(items) else "several"


def _judge(item: Item, tokens: tuple[Token, ...]) -> Understood:
    if _has_message(tokens):
        return Understood(value=None, reason="words")
    kinds = {token.kind for token in tokens}
    numbers = [token for token in tokens if token.kind in {"number", "ratio"}]
    if len(numbers) > 1 or "connector" in kinds:
        return Understood(value=None, reason="several")
    if kinds & {"sign", "malformed"} or _ambiguous_numeral(tokens):
        return Understood(value=None, reason="unclear")
    said = {token.value for token in tokens if token.kind in {"number", "ratio", "choice"}}
    if len(said) != 1:
        return Understood(value=None, reason="several" if said else "unclear")
    value = said.pop()
    if "choice" in kinds and not _plain_choice(item, tokens):
        return Understood(value=None, reason="words")
    if any(token.kind == "ratio" and token.of != item.maximum for token in tokens):
        return Understood(value=None, reason="several")
    if not _permitted(item, value):
        return Understood(value=None, reason="out_of_range")
    return Understood(value=value, reason="value")


def _permitted(item: Item, value: Value) -> bool:
    if item.choices and all(choice.value != value for choice in item.choices):
        return False
    return is_permitted(item, value)


def _has_message(tokens: tuple[Token, ...]) -> bool:
    """Tell whether there are words that somebody must read."""
    if any(token.kind == "word" for token in tokens):
        return True
    answers = {"number", "ratio", "choice", "malformed"}
    return any(token.kind in {"filler", "topic", "hedge"} for token in tokens) and not any(
        token.kind in answers for token in tokens
    )


def _plain_choice(item: Item, tokens: tuple[Token, ...]) -> bool:
    """Tell whether nothing around a choice's word changes what it says.

    Beside a choice stands no hedge and no "ok"; the thing asked about only where the choices are
    degrees of it ("mild pain"), not a yes or no to several signs ("no pain"), and beside an anchor
    only where it is ("knee: no pain", but no "疼不疼"); and in Chinese,
    written without spaces, only a particle follows it directly.
    """
    kinds = {token.kind for token in tokens}
    numbered = kinds & {"number", "ratio"}
    if not numbered and kinds & {"hedge", "state"}:
        return False
    topics = {token.text for token in tokens if token.kind == "topic"}
    if topics and len(item.choices) <= 2 and (item.choices or topics - words.PLACES):
        return False
    for place, token in enumerate(tokens[:-1]):
        after = tokens[place + 1]
        if token.kind == "choice" and not token.text.isascii() and after.kind != "separator":
            followed = after.kind in {"choice", "number", "topic"} or after.text in words.PARTICLES
            if not followed:
                return False
    return True


def _ambiguous_numeral(tokens: tuple[Token, ...]) -> bool:
    """Tell whether a Chinese numeral may be part of another word.

    "十分" is "ten points" alone and "very" before anything else; "一是" is "firstly". A numeral
    among other words counts only before a unit, before a pause, or at the end.
    """
    spoken = [token for token in tokens if token.kind != "separator"]
    for place, token in enumerate(tokens):
        if token.kind != "number" or token.text.isascii():
            continue
        after = tokens[place + 1] if place + 1 < len(tokens) else None
        if after is not None and after.kind not in {"unit", "separator"}:
            return True
        very = token.text in words.CHINESE_TENS and after is not None and after.text == "分"
        if very and len(spoken) > 2:
            return True
    return False


def read_alone(text: str) -> Reason:
    """Judge a text that answers no question: "words" if somebody must read it.

    A number, a courtesy or a lone sign needs nobody; every other word does.
    """
    return "words" if _has_message(scan((), unframed(fold(text)))) else "unclear"
