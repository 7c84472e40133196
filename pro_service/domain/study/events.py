"""What may be recorded about a participant, and what follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.facts import (
    INJECTIONS,
    EventFacts,
    EventKind,
    ParticipantFacts,
    Status,
)
from pro_service.domain.study.protocol import Protocol
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


def status_after(event: NewEvent) -> Status | None:
    """Return the status an event brings with it; what is only planned brings none.

    The first injection makes a participant active; a death ends everything. What happened later
    than that changes no status by itself: whoever records it says so.
    """
    if event.occurred_at is None:
        return None
    if event.kind is EventKind.death:
        return Status.died
    if event.kind is EventKind.injection and event.ordinal == 1:
        return Status.active
    return None


def check_event(event: NewEvent, protocol: Protocol, facts: ParticipantFacts) -> None:
    """Raise EventRefusedError for an event that cannot be.

    It is neither planned nor happened, the protocol does not know it, it has happened already and
    is planned again, it is to have happened in the future, or on a day that cannot be.
    """
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
            mend="Give --planned DAY for what is still to come.",
            word="future",
        )
    _check_day(event, facts)


def _check_day(event: NewEvent, facts: ParticipantFacts) -> None:
    """Refuse a day that cannot be: before such studies were, or an injection before consent."""
    local = zone(facts.zone)
    happened_on = None if event.occurred_at is None else local_day(event.occurred_at, local)
    days = [day for day in (event.planned_on, happened_on) if day is not None]
    if any(day.year < EARLIEST_YEAR for day in days):
        raise EventRefusedError(
            f"{event.kind} cannot be before {EARLIEST_YEAR}.", mend="Look the day up.", word="early"
        )
    consent = known_event(facts.events, EventKind.consent, 1)
    if event.kind not in INJECTIONS or consent is None or consent.occurred_at is None:
        return
    if any(day < local_day(consent.occurred_at, local) for day in days):
        raise EventRefusedError(
            f"{event.kind} cannot be before consent.",
            mend="One of the two days is wrong.",
            word="consent",
        )


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
        planned_on=event.planned_on or (None if known is None else known.planned_on),
        occurred_at=event.occurred_at,
    )


def with_events(
    events: Sequence[EventFacts], fresh: Sequence[EventFacts]
) -> tuple[EventFacts, ...]:
    """Return the present word on every event: a new one replaces that of its kind and ordinal."""
    replaced = {(event.kind, event.ordinal) for event in fresh}
    return (*(one for one in events if (one.kind, one.ordinal) not in replaced), *fresh)
