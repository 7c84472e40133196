"""The records of a conversation by text: what is asked, what was given, what one text leads to.

`Dialogue` is what the table `conversations` holds as JSON; everything else passes between the
services and `advance`. Instants are aware UTC, study time.
"""

from __future__ import annotations

from datetime import datetime
from itertools import takewhile
from typing import Literal
from uuid import UUID

from pydantic import Field

from pro_service.domain.conversation.commands import Command
from pro_service.domain.conversation.reply import Gap
from pro_service.domain.instruments.model import Instrument, Item
from pro_service.domain.instruments.numbers import Value
from pro_service.domain.record import Record
from pro_service.domain.study.facts import Target
from pro_service.domain.study.respondents import RespondentKind

Disposition = Literal["answer", "command", "needs_reading", "reaction", "unknown"]


def _range(item: Item) -> tuple[object, ...]:
    return (
        item.minimum,
        item.maximum,
        item.step,
        item.choices,
        item.low_anchor,
        item.high_anchor,
        item.unit,
    )


def _alike(items: list[Item]) -> tuple[Item, ...]:
    return tuple(takewhile(lambda item: _range(item) == _range(items[0]), items))


class AgendaEntry(Record):
    """One assessment that may be asked on this line now, in asking order among others."""

    assessment_id: UUID
    visit_id: UUID | None = None
    """The visit that asks; an exchange by text is about one."""
    instrument: Instrument
    target: Target
    text_mode: Literal["item", "grouped"]
    answered: dict[str, Value | None]
    """Standing answers of the present attempt by item code; None is a gap (skipped and so on)."""
    unsent: bool = False
    """All is answered and was not sent: it is sent by a word, and asked no more."""
    may_change: bool = True
    """Whether an answer may still be changed: not once the time it was asked about has passed."""
    afresh: bool = False
    """It was begun before, so long ago that it begins afresh; said before its first question."""

    @property
    def begins_afresh(self) -> bool:
        """Whether it begins afresh and none of its questions has been answered again yet."""
        return self.afresh and not self.answered

    @property
    def next_items(self) -> tuple[Item, ...]:
        """What to ask next: one open item, or the open items of the first open group.

        A grouped prompt states one range, so it ends before the first item with another.
        """
        for group in self.instrument.groups:
            items = [self.instrument.item(code) for code in group if code not in self.answered]
            if items and self.text_mode == "item":
                return (items[0],)
            if items:
                return _alike(items)
        return ()

    def may_change_all(self, items: tuple[str, ...]) -> bool:
        """Whether these stand answered and may be answered anew."""
        return self.may_change and all(code in self.answered for code in items)

    @property
    def complete(self) -> bool:
        """Whether every item stands answered, or left open on purpose."""
        return all(item.code in self.answered for item in self.instrument.items)


class Prompt(Record):
    """The question now open on the line; `failures` counts replies to it that were no answer."""

    assessment_id: UUID
    items: tuple[str, ...]
    failures: int = 0
    asked_at: datetime
    message_id: UUID | None = None
    """The message that carried the question, once the service knows it."""
    correcting: bool = False
    """The question was asked again at the participant's wish (`back`)."""
    reminded: bool = False
    """The question came with a reminder: nobody has answered anything since."""
    told: bool = False
    """It was asked before a restore that forgot the text: it counts as asked all the same."""


def same_question(one: Prompt | None, other: Prompt | None) -> bool:
    """Tell whether two prompts ask the same, however often and in whichever message."""
    if one is None or other is None:
        return one is other
    return (one.assessment_id, one.items, one.correcting) == (
        other.assessment_id,
        other.items,
        other.correcting,
    )


class Given(Record):
    """The items answered last, which `back` asks again."""

    assessment_id: UUID
    items: tuple[str, ...]
    given_at: datetime | None = None
    """When they were answered (study time)."""


class WhoAnswers(Record):
    """Who said that they answer a visit's questions, on a telephone that is another person's."""

    visit_id: UUID
    kind: RespondentKind


class Dialogue(Record):
    """All that a conversation remembers between two texts."""

    prompt: Prompt | None = None
    last: Given | None = None
    waiting: bool = False
    """A reminder said that questions wait, and asked none: the next text opens them."""
    heard: tuple[UUID, ...] = ()
    """The texts that came within the last seconds, newest last: one may be delivered twice."""
    who: WhoAnswers | None = None
    """Who answers, where somebody said so for the sitting; None: whoever owns the telephone."""


class ItemReference(Record):
    """An item asked about one target; the renderer turns it into the question's words."""

    instrument: str
    item: str
    target: Target


class TextPart(Record):
    """A sentence by key, with what fills its placeholders.

    `item` and `items` are expanded by the renderer into target, recall, labels, range and anchors.
    """

    key: str
    parameters: dict[str, int | str | ItemReference | tuple[ItemReference, ...]] = Field(
        default_factory=dict
    )


class ItemAnswer(Record):
    """One item's answer, or the gap left there; it replaces what stood before."""

    assessment_id: UUID
    item: str
    value: Value | None
    gap: Gap | None


class Step(Record):
    """What one text leads to: the state after it, the answers in it, and the reply."""

    dialogue: Dialogue
    answers: tuple[ItemAnswer, ...] = ()
    completed: tuple[UUID, ...] = ()
    """Assessments answered in this step all of whose items now stand answered or left open.

    A correction of a complete assessment names it again: its scores change.
    """
    sent: tuple[UUID, ...] = ()
    """Assessments that were answered before, and are sent by this text."""
    reply: tuple[TextPart, ...] = ()
    disposition: Disposition
    command: Command | None = None
    offer_other_way: bool = False
    """The reply offers the link, or a call where no link works."""
    call_wanted: bool = False
    """Three replies or more to this question were no answer: somebody should call."""
