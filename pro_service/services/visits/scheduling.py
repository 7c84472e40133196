"""Events and statuses, and the schedule that follows from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.facts import (
    AssessmentFacts,
    EventFacts,
    EventKind,
    ParticipantFacts,
    Status,
    StatusFacts,
    VisitFacts,
)
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.reminders import plan_first
from pro_service.domain.study.schedule import NewVisit, Rescheduling, plan_visits, reschedule
from pro_service.domain.study.statuses import standing
from pro_service.domain.study.times import local_day, zone
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.turns import TRIES, BusyError
from pro_service.store.connection import Connection, StaleRevisionError
from pro_service.store.ids import new_id
from pro_service.store.visits import schedule


class EventRefusedError(ProServiceError):
    """The event cannot be recorded."""


@dataclass(frozen=True)
class NewEvent:
    """An event to record: planned for a day, or happened at an instant (aware)."""

    kind: EventKind
    ordinal: int = 1
    planned_on: date | None = None
    occurred_at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Change:
    """What an event or status does to one participant's schedule, before and after."""

    facts: ParticipantFacts
    rescheduling: Rescheduling
    document: dict[str, Any]


async def plan_change(
    connection: Connection,
    context: ServiceContext,
    facts: ParticipantFacts,
    *,
    events: Sequence[NewEvent] = (),
    statuses: Sequence[Status] = (),
    actor: str,
    reason: str | None,
) -> Change:
    """Decide what recording these events and statuses writes; nothing is written yet.

    Raises EventRefusedError for an event that cannot be (planned and happened at once, in the
    future, or of a kind the protocol does not know).
    """
    protocol = await context.protocol(connection, facts.study_id, facts.protocol_version_id)
    for event in events:
        _check_event(event, protocol, facts)
    rows = [
        {
            "id": new_id(),
            "kind": event.kind,
            "ordinal": event.ordinal,
            "target": None,
            "planned_on": event.planned_on or _known_plan(facts, event),
            "occurred_at": event.occurred_at,
            "actor": actor,
            "reason": event.reason or reason,
        }
        for event in events
    ]
    merged = _merged(facts.events, rows)
    planned = plan_visits(
        protocol, events=merged, zone=zone(facts.zone), treated_knees=facts.treated_knees
    )
    last = await schedule.list_last_revisions(connection, facts.study_id, facts.id)
    moves = reschedule(facts.visits, planned, last)
    words = [*facts.statuses, *(StatusFacts(status=s, effective_at=facts.now) for s in statuses)]
    still_asked = standing(words, facts.now, merged).may_answer
    document = empty_change(reason or "the schedule follows an event")
    document["superseded"] = moves.superseded
    document["reclosed"] = [
        {"id": one.visit_id, "closes_at": one.closes_at, "closing_id": new_id(), "actor": actor}
        for one in moves.reclosed
    ]
    for new in moves.created:
        add_visit(document, protocol, facts, new, actor)
    document["events"] = rows
    document["statuses"] = [
        {"id": new_id(), "status": status, "effective_at": None, "actor": actor, "reason": reason}
        for status in statuses
    ]
    if not still_asked:
        document["calls_ended"] = [visit.id for visit in facts.visits]
        document["reminders"] = []
    return Change(facts, moves, document)


async def apply_change(
    connection: Connection,
    context: ServiceContext,
    study_id: UUID,
    participant_id: UUID,
    *,
    events: Sequence[NewEvent] = (),
    statuses: Sequence[Status] = (),
    actor: str,
    reason: str | None,
) -> Change:
    """Record events and statuses with the schedule they lead to. Raises BusyError."""
    for _ in range(TRIES):
        facts = await context.facts(connection, study_id, participant_id)
        change = await plan_change(
            connection,
            context,
            facts,
            events=events,
            statuses=statuses,
            actor=actor,
            reason=reason,
        )
        try:
            await schedule.write_schedule(
                connection, study_id, participant_id, facts.revision, change.document
            )
        except StaleRevisionError:
            continue
        return change
    raise BusyError


def _check_event(event: NewEvent, protocol: Protocol, facts: ParticipantFacts) -> None:
    if event.planned_on is None and event.occurred_at is None:
        raise EventRefusedError("An event needs a day it is planned for or an instant it happened.")
    if event.ordinal > protocol.events.get(event.kind, 0):
        raise EventRefusedError(
            f"The protocol knows no event {event.kind} {event.ordinal}.",
            mend="Its [events] table says what may happen, and how often.",
        )
    happened = any(
        (known.kind, known.ordinal) == (event.kind, event.ordinal) and known.occurred_at
        for known in facts.events
    )
    if happened and event.occurred_at is None:
        raise EventRefusedError(
            f"{event.kind} {event.ordinal} has happened already.",
            mend="To correct when it happened, give --at TIME.",
        )
    if event.occurred_at is not None and event.occurred_at > facts.now:
        raise EventRefusedError(
            f"{event.kind} cannot have happened in the future.",
            mend="Give --planned DAY for what is still to come.",
        )


def _known_plan(facts: ParticipantFacts, event: NewEvent) -> date | None:
    """The planned day stays on record when the event happens."""
    for known in facts.events:
        if (known.kind, known.ordinal) == (event.kind, event.ordinal):
            return known.planned_on
    return None


def _merged(known: Sequence[EventFacts], rows: Sequence[dict[str, Any]]) -> tuple[EventFacts, ...]:
    """The present word on every event: a new row replaces the one of its kind and ordinal."""
    fields = ("id", "kind", "ordinal", "planned_on", "occurred_at")
    fresh = [EventFacts(**{name: row[name] for name in fields}) for row in rows]
    replaced = {(event.kind, event.ordinal) for event in fresh}
    return (*(e for e in known if (e.kind, e.ordinal) not in replaced), *fresh)


def empty_change(reason: str) -> dict[str, Any]:
    """The document that changes nothing of a schedule but takes the participant's turn."""
    lists = ("events", "statuses", "superseded", "reclosed", "visits", "assessments")
    nudges = ("reminders", "reminders_ended", "calls_ended")
    return {"reason": reason, **{name: [] for name in (*lists, *nudges)}}


def add_visit(
    document: dict[str, Any],
    protocol: Protocol,
    facts: ParticipantFacts,
    new: NewVisit,
    actor: str,
) -> None:
    """Add a visit with what it asks and its first nudge to the document to write."""
    plan = new.visit
    visit_id = new_id()
    assessments = tuple(
        AssessmentFacts(id=new_id(), instrument=instrument, target=target, answers=())
        for instrument, target in plan.assessments
    )
    visit = VisitFacts(
        id=visit_id,
        definition=plan.definition,
        occurrence=plan.occurrence,
        schedule_revision=new.schedule_revision,
        provisional=plan.provisional,
        opens_at=plan.opens_at,
        target_on=plan.target_on,
        closes_at=plan.closes_at,
        assessments=assessments,
    )
    document["visits"].append(
        visit.model_dump(exclude={"assessments", "reminders", "attended_on"})
        | {"kind": protocol.definition(plan.definition).kind, "actor": actor}
    )
    document["assessments"] += [
        {
            "id": one.id,
            "visit_id": visit_id,
            "instrument": one.instrument,
            "target": one.target,
            "actor": actor,
        }
        for one in assessments
    ]
    due_at = plan_first(visit, protocol, zone(facts.zone), facts.nudge_at, facts.now)
    if due_at is not None:
        document["reminders"].append(
            {
                "id": new_id(),
                "visit_id": visit_id,
                "schedule_revision": new.schedule_revision,
                "ordinal": 1,
                "due_at": due_at,
                "actor": actor,
            }
        )


def happened_on(facts: ParticipantFacts, instant: datetime) -> date:
    """The participant's local day of an instant."""
    return local_day(instant, zone(facts.zone))
