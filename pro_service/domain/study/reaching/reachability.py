"""Who cannot be reached, why, and since when: derived here and nowhere else, never stored.

It begins by itself (two texts in a row that did not arrive, a number that rests, visits that passed
without a word) and ends by itself: when a text is delivered, a number works, or an answer came.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

from pro_service.domain.delivery.addresses import Kind
from pro_service.domain.delivery.contacts import (
    TEXTED,
    ConsentFacts,
    ContactState,
    WhyNot,
    has_agreed,
    silent_by_text,
    why_not_now,
)
from pro_service.domain.record import Record
from pro_service.domain.study.facts import EventFacts, Status, StatusFacts
from pro_service.domain.study.pausing import may_pause
from pro_service.domain.study.statuses import standing

TEXTS_NOT_DELIVERED: Final = 2
"""So many texts in a row that did not arrive tell that nothing arrives there."""


class Unreached(StrEnum):
    """Why somebody cannot be reached. The first six are why no text goes, or none arrives."""

    wrong_number = "wrong_number"
    number_unconfirmed = "number_unconfirmed"
    opted_out = "opted_out"
    bad_number = "bad_number"
    no_number = "no_number"
    not_delivered = "not_delivered"
    silent = "silent"
    """Texts go out, and nothing was answered at the last visits."""


class ContactSeen(ContactState):
    """A contact, and since when what silences it does (study time)."""

    wrong_at: datetime | None = None
    bad_at: datetime | None = None
    valid_from: datetime
    """Since when it is a contact; one that nobody has confirmed waits since then."""


class ReachFacts(Record):
    """What tells whether a participant can be reached. Instants are study time."""

    contacts: tuple[ContactSeen, ...]
    consent: ConsentFacts | None
    statuses: tuple[StatusFacts, ...]
    events: tuple[EventFacts, ...] = ()
    alone_since: datetime
    """Where there is no contact: since when."""
    failed_texts: int = 0
    """Texts to present contacts that did not arrive, since the last one that did."""
    failed_since: datetime | None = None
    silent_visits: int = 0
    """Visits in a row, the latest first, that asked and closed without any answer."""
    silent_since: datetime | None = None
    last_answer_at: datetime | None = None
    now: datetime


class OutOfReach(NamedTuple):
    """Why somebody cannot be reached, and since when."""

    why: Unreached
    since: datetime


def out_of_reach(
    facts: ReachFacts, silent_after: int, kinds: Collection[Kind] = TEXTED
) -> OutOfReach | None:
    """Say why a participant cannot be reached, the reason to mend first; None: they can be.

    `silent_after` is how many silent visits the protocol takes for silence, `kinds` the addresses
    it writes to: who has one of any of these that works can be reached. Nobody is out of reach
    who takes part no more, or never agreed to texts. An answer that came since ends every reason.
    """
    status = standing(facts.statuses, facts.now, facts.events).status
    if not may_pause(status):
        return None
    reasons = (
        _no_text_goes(facts, kinds),
        _none_arrives(facts),
        None if status is Status.paused else _says_nothing(facts, silent_after),
    )
    heard = facts.last_answer_at
    return next(
        (one for one in reasons if one is not None and (heard is None or heard < one.since)), None
    )


def _no_text_goes(facts: ReachFacts, kinds: Collection[Kind]) -> OutOfReach | None:
    """Nobody may be written to, though they agreed: the first contact's reason."""
    ordered = sorted(facts.contacts, key=lambda one: (one.ordinal, one.id))
    agreed = [one for one in ordered if has_agreed(one, facts.consent)]
    if not agreed:
        consent = facts.consent
        alone = consent is not None and consent.messages and not ordered
        return OutOfReach(Unreached.no_number, facts.alone_since) if alone else None
    silent = silent_by_text(ordered)
    reasons = [(one, why_not_now(one, facts.consent, kinds, silent)) for one in agreed]
    if any(reason is None for _, reason in reasons):
        return None
    first, reason = reasons[0]
    return None if reason is None else _silenced(first, reason)


def _silenced(contact: ContactSeen, reason: WhyNot) -> OutOfReach | None:
    since = {
        WhyNot.wrong_number: contact.wrong_at,
        WhyNot.opted_out: contact.opted_out_at,
        WhyNot.bad_number: contact.bad_at,
    }.get(reason)
    if reason is WhyNot.no_consent:
        return None
    return OutOfReach(Unreached(reason), since or contact.valid_from)


def _none_arrives(facts: ReachFacts) -> OutOfReach | None:
    if facts.failed_texts < TEXTS_NOT_DELIVERED or facts.failed_since is None:
        return None
    return OutOfReach(Unreached.not_delivered, facts.failed_since)


def _says_nothing(facts: ReachFacts, silent_after: int) -> OutOfReach | None:
    if facts.silent_visits < silent_after or facts.silent_since is None:
        return None
    return OutOfReach(Unreached.silent, facts.silent_since)
