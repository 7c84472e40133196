"""What may be recorded about a participant, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.facts import (
    INJECTIONS,
    EventFacts,
    EventKind,
    ParticipantFacts,
)
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.respondents import with_help
from pro_service.domain.study.times import local_day, zone

EARLIEST_YEAR = 2000
"""No study of this kind was before; an earlier day is a slip of the pen."""


class EventRefusedError(ProServiceError):
    """The event cannot be recorded."""


@dataclass(frozen=True)
class NewEvent:
    """An event to record: planned for a day, or happened at an instant (aware)."""

    kind: EventKind
    ordinal: int = 1
    planned_on: date | None = None
    occurred_at: datetime | None = None
    struck: bool = False
    """A death was recorded or reported in error: it did not happen."""


def check_event(event: NewEvent, protocol: Protocol, facts: ParticipantFacts) -> None:
    """Raise EventRefusedError for an event that cannot be.

    It is neither planned nor happened, the protocol does not know it, it has happened already and
    is planned again, it is to have happened in the future, or on a day that cannot be.
    """
    if event.struck:
        _check_struck(event, facts)
        return
    if event.planned_on is None and event.occurred_at is None:
        raise EventRefusedError(
            "An event needs a day it is planned for or an instant it happened.", word="undated"
        )
    if event.ordinal > protocol.events.get(event.kind, 0):
        raise EventRefusedError(
            f"The protocol knows no event {event.kind} {event.ordinal}.",
            mend="Its [events] table says what may happen, and how often.",
            word="unknown",
        )
    if event.kind is EventKind.death and event.occurred_at is None:
        raise EventRefusedError(
            "Nobody plans a death.", mend="Record it once it happened.", word="planned_death"
        )
    known = known_event(facts.events, event.kind, event.ordinal)
    if known is not None and known.occurred_at is not None and event.occurred_at is None:
        raise EventRefusedError(
            f"{event.kind} {event.ordinal} has happened already.",
            mend="To correct when it happened, give --at TIME.",
            word="happened",
        )
    if event.occurred_at is not None and event.occurred_at > facts.now:
        raise EventRefusedError(
            f"{event.kind} cannot have happened in the future.",
            mend="What is still to come is planned for a day.",
            word="future",
        )
    _check_day(event, facts)


def _check_struck(event: NewEvent, facts: ParticipantFacts) -> None:
    """Refuse to strike what is no death, or one that was struck already."""
    known = known_event(facts.events, event.kind, event.ordinal)
    if event.kind is not EventKind.death or (known is not None and is_struck(known)):
        raise EventRefusedError(
            f"There is no {event.kind} to take back.",
            mend="Only a death that was recorded or reported in error is taken back.",
            word="not_dead",
        )


def is_struck(event: EventFacts) -> bool:
    """Tell whether the present word on an event is that it did not happen."""
    return event.planned_on is None and event.occurred_at is None


def _check_day(event: NewEvent, facts: ParticipantFacts) -> None:
    """Refuse a day that cannot be: before such studies were, or against the order of things."""
    local = zone(facts.zone)
    happened_on = None if event.occurred_at is None else local_day(event.occurred_at, local)
    days = [day for day in (event.planned_on, happened_on) if day is not None]
    if any(day.year < EARLIEST_YEAR for day in days):
        raise EventRefusedError(
            f"{event.kind} cannot be before {EARLIEST_YEAR}.", mend="Look the day up.", word="early"
        )
    for day in days:
        _check_order(event.kind, day, facts, local)


def _check_order(kind: EventKind, day: date, facts: ParticipantFacts, local: ZoneInfo) -> None:
    """Refuse an injection before consent or after death, and a death before either or an answer.

    Days are compared, not hours: of a death told by telephone the day alone is known.
    """
    happened = [
        (one.kind, local_day(one.occurred_at, local))
        for one in facts.events
        if one.occurred_at is not None and one.kind is not kind
    ]
    consents = [on for one, on in happened if one is EventKind.consent]
    if kind in INJECTIONS and any(day < on for on in consents):
        raise EventRefusedError(
            f"{kind} cannot be before consent.",
            mend="One of the two days is wrong.",
            word="consent",
        )
    if kind in INJECTIONS and any(day > on for one, on in happened if one is EventKind.death):
        raise EventRefusedError(
            f"{kind} cannot be after death.", mend="One of the two days is wrong.", word="dead"
        )
    if kind is not EventKind.death:
        return
    if facts.consent is not None:
        consents.append(facts.consent.signed_on)
    treated = [on for one, on in happened if one in INJECTIONS]
    answered = [local_day(at, local) for at in _own_answers(facts)]
    for word, days in (("consent", consents), ("injection", treated), ("answer", answered)):
        if any(day < on for on in days):
            raise EventRefusedError(
                f"A death cannot be before the participant's {word}, which was on {max(days)}.",
                mend="One of the two days is wrong.",
                word=f"death_{word}",
            )


def _own_answers(facts: ParticipantFacts) -> Iterator[datetime]:
    """When the participant answered, by themselves and not through somebody who typed it."""
    for visit in facts.visits:
        for asked in visit.assessments:
            for one in (asked.attempt, *(held.attempt for held in asked.others)):
                answered = None if one is None else one.last_answer_at
                if one is not None and answered and not with_help(one.mode, one.respondent):
                    yield answered


def known_event(events: Sequence[EventFacts], kind: EventKind, ordinal: int) -> EventFacts | None:
    """Return the present word on one event, if there is any."""
    return next((one for one in events if (one.kind, one.ordinal) == (kind, ordinal)), None)


def recorded(event: NewEvent, event_id: UUID, events: Sequence[EventFacts]) -> EventFacts:
    """Return an event as it will stand: the day it was planned for stays when it happens."""
    known = known_event(events, event.kind, event.ordinal)
    return EventFacts(
        id=event_id,
        kind=event.kind,
        ordinal=event.ordinal,
        planned_on=None
        if event.struck
        else event.planned_on or (None if known is None else known.planned_on),
        occurred_at=event.occurred_at,
    )


def with_events(
    events: Sequence[EventFacts], fresh: Sequence[EventFacts]
) -> tuple[EventFacts, ...]:
    """Return the present word on every event: a new one replaces that of its kind and ordinal."""
    replaced = {(event.kind, event.ordinal) for event in fresh}
    return (*(one for one in events if (one.kind, one.ordinal) not in replaced), *fresh)
