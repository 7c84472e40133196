"""The schedule that follows from events and statuses, written with them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from pro_service.domain.study.events import NewEvent, check_event, recorded, with_events
from pro_service.domain.study.facts import (
    EventFacts,
    ParticipantFacts,
    Status,
    StatusFacts,
)
from pro_service.domain.study.follow_up.brought import statuses_brought
from pro_service.domain.study.follow_up.reports import Report, reports_of
from pro_service.domain.study.follow_up.safety_floor import FloorWay, safety_floor
from pro_service.domain.study.nudges import profile_of
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.reminders import plan_first
from pro_service.domain.study.schedule import NewVisit, Rescheduling, plan_visits, reschedule
from pro_service.domain.study.statuses import check_said, check_status, standing
from pro_service.domain.study.times import zone
from pro_service.services.base.notes import note_about, reasoned
from pro_service.services.base.turns import Plan, Who, turn, writing
from pro_service.store.connection import Connection
from pro_service.store.ids import new_id
from pro_service.store.visits import schedule
from pro_service.store.visits.schedule import ScheduleWrite
from pro_service.store.writes import (
    AssessmentRow,
    EventRow,
    ReclosedVisitRow,
    ReminderRow,
    ReportRow,
    StatusRow,
    VisitRow,
)


@dataclass(frozen=True)
class News:
    """What is to be recorded about a participant, by whom and why; events bring their statuses."""

    actor: str
    reason: str | None
    """A word of the program, or the reference to a note; never words of staff."""
    events: tuple[NewEvent, ...] = ()
    statuses: tuple[Status, ...] = ()
    """Statuses that hold from now on, beside those that the events bring."""
    by_investigator: bool = True
    """Whether an investigator says so, or it counts as said to one: a withdrawal, and what takes
    one back, is theirs (R1)."""


@dataclass(frozen=True)
class Change:
    """What news do to one participant's schedule, before and after."""

    facts: ParticipantFacts
    rescheduling: Rescheduling
    document: ScheduleWrite
    statuses: tuple[StatusFacts, ...] = ()
    """Those that are recorded with it."""


async def plan_change(
    connection: Connection, facts: ParticipantFacts, protocol: Protocol, news: News
) -> Change:
    """Decide what recording the news writes; nothing is written yet.

    Raises EventRefusedError for an event that cannot be (neither planned nor happened, in the
    future, or of a kind the protocol does not know).
    """
    last = await schedule.list_last_revisions(connection, facts.study_id, facts.id)
    held = await schedule.list_visit_moves(connection, facts.study_id, facts.id)
    return change_of(facts, protocol, news, last, held)


def change_of(
    facts: ParticipantFacts,
    protocol: Protocol,
    news: News,
    last: Mapping[tuple[str, int], int],
    held: Collection[UUID] = (),
) -> Change:
    """Decide what recording the news writes; `last` are the highest schedule revisions ever used.

    `held` are visits that were moved by hand.

    Raises EventRefusedError, and StatusRefusedError for a status that cannot follow.
    """
    for event in news.events:
        check_event(event, protocol, facts)
    words = [one for event in news.events for one in statuses_brought(event, facts)]
    before = standing(facts.statuses, facts.now, facts.events).status
    for status in news.statuses:
        check_status(before, status, facts.events)
        if not news.by_investigator:
            check_said(before, status)
        before = status
        words.append(StatusFacts(status=status, effective_at=facts.now))
    fresh = [recorded(event, new_id(), facts.events) for event in news.events]
    merged = with_events(facts.events, fresh)
    planned = plan_visits(
        protocol, events=merged, zone=zone(facts.zone), treated_knees=facts.treated_knees
    )
    moves = reschedule(facts.visits, planned, last, held=held)
    document = ScheduleWrite(
        reason=news.reason or "the schedule follows an event",
        events=[_event_row(one, news) for one in fresh],
        statuses=_status_rows(words, facts.now, news),
        superseded=list(moves.superseded),
        reclosed=reclosed_rows(moves, news.actor),
        reports=[
            report_row(one, news.actor)
            for one in reports_of(news.events, news.statuses, zone(facts.zone))
        ],
    )
    for new in moves.created:
        add_visit(document, protocol, facts, new, news.actor)
    after = facts.model_copy(update={"statuses": (*facts.statuses, *words), "events": merged})
    if not standing(after.statuses, facts.now, merged).may_answer:
        document.calls_ended = _calls_ended(after, protocol)
        document.reminders = []
    return Change(facts, moves, document, tuple(words))


async def apply_change(who: Who, news: News, *, words: str | None = None) -> Change:
    """Record news with the schedule they lead to; `words` of staff say why, in a note.

    Raises EventRefusedError, KeyGoneError, BusyError.
    """

    async def decide(facts: ParticipantFacts, protocol: Protocol) -> Plan[Change]:
        note = None if words is None else note_about(who.context, facts, words)
        why = news if note is None else replace(news, reason=note.reference)
        change = await plan_change(who.connection, facts, protocol, why)
        plan = Plan(change, writing(schedule.write_schedule, change.document))
        return plan if note is None else reasoned(who, note, plan)

    return await turn(who, decide)


def _calls_ended(after: ParticipantFacts, protocol: Protocol) -> list[UUID]:
    """The visits nobody need ring about any more, as nothing is asked; the safety floor stays."""
    return [
        visit.id
        for visit in after.visits
        if profile_of(visit, protocol) != "safety"
        or safety_floor(after, protocol, visit, after.now).way is FloorWay.over
    ]


def reclosed_rows(moves: Rescheduling, actor: str) -> list[ReclosedVisitRow]:
    """The visits that keep their answers and end at another instant than before."""
    return [
        ReclosedVisitRow(id=one.visit_id, closes_at=one.closes_at, closing_id=new_id(), actor=actor)
        for one in moves.reclosed
    ]


def report_row(report: Report, actor: str) -> ReportRow:
    """The alert a report of harm raises."""
    return ReportRow(
        id=new_id(),
        rule=report.rule,
        severity=report.severity,
        happened_on=report.happened_on,
        once=report.once,
        own_kind=report.own_kind,
        actor=actor,
    )


def _event_row(fact: EventFacts, news: News) -> EventRow:
    return EventRow(
        id=fact.id,
        kind=fact.kind,
        ordinal=fact.ordinal,
        target=None,
        planned_on=fact.planned_on,
        occurred_at=fact.occurred_at,
        actor=news.actor,
        reason=news.reason,
    )


def _status_rows(words: Collection[StatusFacts], now: datetime, news: News) -> list[StatusRow]:
    """The rows of statuses; one from `now` on begins when it is written."""
    return [
        StatusRow(
            id=new_id(),
            status=one.status,
            effective_at=None if one.effective_at == now else one.effective_at,
            actor=news.actor,
            reason=news.reason,
        )
        for one in words
    ]


def add_visit(
    document: ScheduleWrite,
    protocol: Protocol,
    facts: ParticipantFacts,
    new: NewVisit,
    actor: str,
) -> None:
    """Add a visit with what it asks and its first nudge to the document to write."""
    plan, visit_id = new.visit, new_id()
    document.visits.append(
        VisitRow(
            id=visit_id,
            definition=plan.definition,
            kind=protocol.definition(plan.definition).kind,
            occurrence=plan.occurrence,
            schedule_revision=new.schedule_revision,
            provisional=plan.provisional,
            opens_at=plan.opens_at,
            target_on=plan.target_on,
            closes_at=plan.closes_at,
            actor=actor,
        )
    )
    document.assessments += [
        AssessmentRow(
            id=new_id(), visit_id=visit_id, instrument=instrument, target=target, actor=actor
        )
        for instrument, target in plan.assessments
    ]
    due_at = plan_first(plan, protocol, zone(facts.zone), facts.nudge_at, facts.now)
    if due_at is not None:
        document.reminders.append(
            ReminderRow(
                id=new_id(),
                visit_id=visit_id,
                schedule_revision=new.schedule_revision,
                ordinal=1,
                due_at=due_at,
                actor=actor,
            )
        )
