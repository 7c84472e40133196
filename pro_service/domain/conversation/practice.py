"""The practice question of the first text (R23): any one digit proves whose telephone it is.

It is no question of the study's: what is replied is stored as proof that the number works, never as
an answer. It is over as soon as a question of the study's was asked on the line.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Final, NamedTuple

from pro_service.domain.conversation.commands import Command, recognise
from pro_service.domain.conversation.dialogue import Dialogue, Disposition, TextPart
from pro_service.domain.conversation.reply import understand
from pro_service.domain.instruments.model import Item
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.times import local_day, zone

KIND: Final = "first"
"""The kind of message that carries it."""
TEMPLATE: Final = "first.hello"
_ANY_DIGIT: Final = Item(code="practice", label={}, minimum=0, maximum=9, skippable=False)


class Practised(NamedTuple):
    """What a reply to the practice question is worth, and what is said to it."""

    proven: bool
    reply: tuple[TextPart, ...]
    disposition: Disposition
    command: Command | None = None


def first_parts(site: str) -> tuple[TextPart, ...]:
    """The first text: who writes and whom to ring, the practice question, how to stop."""
    return (
        TextPart(key=TEMPLATE, parameters={"site": site}),
        TextPart(key="first.practice"),
        TextPart(key="first.never"),
        TextPart(key="reminder.stop"),
    )


def practises(dialogue: Dialogue) -> bool:
    """Whether a practice question can be open: nothing of the study's was asked since."""
    return dialogue.prompt is None and not dialogue.waiting


def practise(text: str, *, pictures: bool) -> Practised | None:
    """Judge a reply to the practice question; None: it is a command, which goes its usual way.

    Forgiving in form as with any number, and never guessing: what is not one digit is asked again.
    """
    command, again = recognise(text), TextPart(key="first.again")
    if command is Command.help and not pictures:
        # Help never opens the study's own questions here: the digit is still to come.
        return Practised(False, (TextPart(key="help"), again), "command", command)
    if command is not None:
        return None
    read = understand(_ANY_DIGIT, text)
    if read.value is not None and not pictures:
        return Practised(True, (TextPart(key="first.thanks"),), "command")
    if pictures:
        return Practised(False, (TextPart(key="picture.noted"), again), "needs_reading")
    if read.reason == "words":
        return Practised(False, (TextPart(key="reading.noted"), again), "needs_reading")
    return Practised(False, (again,), "unknown")


def first_asked_on(facts: ParticipantFacts) -> date | None:
    """The local day on which the next questions open, today where they are open already.

    None: no visit that asks anything is dated.
    """
    opening = [
        max(one.opens_at, facts.now)
        for one in facts.visits
        if one.asks_anything and not one.provisional and _is_ahead(one.closes_at, facts.now)
    ]
    return local_day(min(opening), zone(facts.zone)) if opening else None


def _is_ahead(closes_at: datetime | None, now: datetime) -> bool:
    return closes_at is None or now < closes_at
