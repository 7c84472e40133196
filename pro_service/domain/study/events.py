"""What may be recorded about a participant, and what follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.facts import EventFacts, EventKind, ParticipantFacts, Status
from pro_service.domain.study.protocol import Protocol


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
    is planned again, or it is to have happened in the future.
    """
    if event.planned_on is None and event.occurred_at is None:
        raise EventRefusedError("An event needs a day it is planned for or an instant it happened.")
    if event.ordinal > protocol.events.get(event.kind, 0):
        raise EventRefusedError(
            f"The protocol knows no event {event.kind} {event.ordinal}.",
            mend="Its [events] table says what may happen, and how often.",
        )
    known = known_event(facts.events, event.kind, event.ordinal)
    if known is not None and known.occurred_at is not None and event.occurred_at is None:
        raise EventRefusedError(
            f"{event.kind} {event.ordinal} has happened already.",
            mend="To correct when it happened, give --at TIME.",
        )
    if event.occurred_at is not None and event.occurred_at > facts.now:
        raise EventRefusedError(
            f"{event.kind} cannot have happened in the future.",
            mend="Give --planned DAY for what is still to come.",
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
