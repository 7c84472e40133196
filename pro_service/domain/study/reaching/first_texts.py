"""The first text to a telephone: whether it may go, when, and whether its number is proven (R23).

Staff let it go while the participant sits beside them. Consent, opt-outs, bad and wrong numbers and
quiet hours hold it back as any text; a number that waits to be confirmed does not, for this text is
what confirms it. It never goes twice, unless the provider is sure that it did not arrive.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from pro_service.domain.delivery.contacts import ConsentFacts, ContactFacts, WhyNot, why_not
from pro_service.domain.delivery.states import MessageState
from pro_service.domain.errors import ProServiceError
from pro_service.domain.record import Record
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.protocol import Messaging
from pro_service.domain.study.statuses import standing
from pro_service.domain.study.times import quiet_end, zone

FIRST_TEXT_LASTS: Final = timedelta(hours=24)
"""A first text that could not go out for so long (study time) goes no more."""
SOON: Final = timedelta(minutes=30)
"""Where a reminder is due so soon, its question and the practice question would be taken for each
other."""
_LOST: Final = frozenset(
    {
        MessageState.failed,
        MessageState.undelivered,
        MessageState.suppressed,
        MessageState.expired,
    }
)


class Joining(StrEnum):
    """How far a telephone is on the way to being proven."""

    proven = "proven"
    """Its owner answered the first text, or typed the code on it."""
    vouched = "vouched"
    """Staff confirmed it on their word."""
    waiting = "waiting"
    """The first text went out, and nobody has answered it."""
    lost = "lost"
    """The first text did not arrive."""
    heard = "heard"
    """Answers came from it."""
    not_tried = "not_tried"
    """No first text went there."""


class Telephone(Record):
    """A present telephone of a participant, as far as the first text is concerned."""

    contact_id: UUID
    verified_at: datetime | None
    verified_by: str | None
    texts: int
    """How many first texts were made for it."""
    sent_at: datetime | None
    state: MessageState | None
    """Of the last of them."""
    asked: bool
    """A question of the study's waits there for an answer."""
    heard: bool
    """Answers came from there, so that nothing is left to prove."""

    @property
    def joining(self) -> Joining:
        """How far it is."""
        if self.verified_at is not None:
            by_staff = (self.verified_by or "").startswith(("staff:", "cli:"))
            return Joining.vouched if by_staff else Joining.proven
        if self.heard:
            return Joining.heard
        return joining_of(self.state)


def joining_of(state: MessageState | None) -> Joining:
    """How far a telephone is that nobody has proven, by its first text (None: there was none)."""
    if state is None:
        return Joining.not_tried
    return Joining.lost if state in _LOST else Joining.waiting


class FirstTextRefused(StrEnum):
    """Why no first text goes, beside the reasons of contacts (`WhyNot`)."""

    status = "status"
    """Nothing is sent to somebody of this status."""
    proven = "proven"
    """The number is proven, or answers came from it."""
    sent = "sent"
    """It went there; it never goes twice."""
    asked = "asked"
    """A question waits there, or is about to be asked: its answer proves the number as well."""
    no_channel = "no_channel"
    """No reply from this number reaches us."""


class FirstTextRefusedError(ProServiceError):
    """No first text may go to this telephone."""


def refused(why: FirstTextRefused | WhyNot) -> FirstTextRefusedError:
    """The refusal for a reason."""
    return FirstTextRefusedError(mend=f"The reason: {why.replace('_', ' ')}.", word=str(why))


def check_first_text(
    facts: ParticipantFacts, contact: ContactFacts, telephone: Telephone, *, two_way: bool
) -> None:
    """Refuse a first text that may not go; `two_way`: replies from there reach us.

    Raises FirstTextRefusedError.
    """
    why = _why_not(facts, contact, telephone, two_way=two_way)
    if why is not None:
        raise refused(why)


def _why_not(
    facts: ParticipantFacts, contact: ContactFacts, telephone: Telephone, *, two_way: bool
) -> FirstTextRefused | WhyNot | None:
    where = standing(facts.statuses, facts.now, facts.events)
    if not (where.may_message and where.may_answer):
        return FirstTextRefused.status
    held = held_back(contact, facts.consent)
    if held is not None:
        return held
    if telephone.verified_at is not None or telephone.heard:
        return FirstTextRefused.proven
    if telephone.state is not None and telephone.state not in _LOST:
        return FirstTextRefused.sent
    if telephone.asked or (contact.confirmed and _is_asked_soon(facts)):
        return FirstTextRefused.asked
    return None if two_way else FirstTextRefused.no_channel


def held_back(contact: ContactFacts, consent: ConsentFacts | None) -> WhyNot | None:
    """What holds texts back from a contact, beside that nobody has confirmed it yet."""
    return why_not(contact.model_copy(update={"confirmed": True}), consent, (contact.kind,))


def _is_asked_soon(facts: ParticipantFacts) -> bool:
    soon = facts.now + SOON
    return any(one.nudges_due(soon) for one in facts.visits)


def still_first(
    facts: ParticipantFacts, contact: ContactFacts, expires_at: datetime | None
) -> bool:
    """Whether a first text that waited may still go: nothing holds it back, nothing was asked."""
    where = standing(facts.statuses, facts.now, facts.events)
    asked_at = facts.last_reminder_text_at
    return (
        where.may_message
        and where.may_answer
        and held_back(contact, facts.consent) is None
        and (asked_at is None or expires_at is None or asked_at < expires_at - FIRST_TEXT_LASTS)
    )


def first_goes_at(messaging: Messaging, facts: ParticipantFacts) -> datetime:
    """When a first text may go out (UTC): now, or once the participant's quiet hours end."""
    return quiet_end(facts.now, messaging.quiet_from, messaging.quiet_until, zone(facts.zone))
