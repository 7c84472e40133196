"""Visits dated for one participant from the protocol and the participant's events."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_service.domain.record import Record
from pro_service.domain.study.facts import EventFacts, EventKind, Target, VisitFacts
from pro_service.domain.study.protocol import Anchor, Protocol, VisitDefinition
from pro_service.domain.study.times import day_end, day_start, local_day
from pro_service.domain.study.windows import visit_days

PLANNABLE = frozenset(
    {
        EventKind.consent,
        EventKind.screening,
        EventKind.randomisation,
        EventKind.injection,
        EventKind.rescue_injection,
    }
)
"""Kinds of event that may be expected on a day; the others only ever happen."""


class PlannedVisit(NamedTuple):
    """A visit as the protocol and the events date it now. Instants are UTC."""

    definition: str
    opens_at: datetime
    target_on: date
    closes_at: datetime | None
    """None for an extra visit: it stays open until it is answered or declined."""
    provisional: bool
    assessments: tuple[tuple[str, Target], ...]
    """Instrument and target of everything asked, in the protocol's order."""
    occurrence: int = 1
    closed_by_event: bool = False
    """`closes_at` is the instant the anchor happened, not a local midnight."""


class NewVisit(NamedTuple):
    """A planned visit to be stored, with its place in the history of its definition."""

    visit: PlannedVisit
    schedule_revision: int


class Reclosing(Record):
    """A kept visit whose end is now known: its anchor happened at this instant."""

    visit_id: UUID
    closes_at: datetime


class Rescheduling(Record):
    """What moves when events change. `kept` and `superseded` are ids of current visits."""

    kept: tuple[UUID, ...]
    superseded: tuple[UUID, ...]
    created: tuple[NewVisit, ...]
    reclosed: tuple[Reclosing, ...] = ()
    """Among the kept: visits that must end at the injection's time although they have answers."""


def _event(events: Sequence[EventFacts], kind: EventKind, ordinal: int) -> EventFacts | None:
    for event in events:
        if event.kind is kind and event.ordinal == ordinal:
            return event
    return None


def _happened_on(event: EventFacts, zone: ZoneInfo) -> date | None:
    return None if event.occurred_at is None else local_day(event.occurred_at, zone)


def anchor_day(anchor: Anchor, event: EventFacts, zone: ZoneInfo) -> tuple[date, bool] | None:
    """Return the day counted from and whether it is only provisional; None if there is no day."""
    happened_on = _happened_on(event, zone)
    planned_on = event.planned_on if event.kind in PLANNABLE else None
    if anchor.basis == "planned":
        day = planned_on or happened_on
        return None if day is None else (day, False)
    if happened_on is not None:
        return happened_on, False
    return None if planned_on is None else (planned_on, True)


def _assessments(
    definition: VisitDefinition, treated_knees: Sequence[Target]
) -> tuple[tuple[str, Target], ...]:
    pairs: list[tuple[str, Target]] = []
    for ask in definition.asks:
        if ask.targets == "person":
            pairs.append((ask.instrument, "person"))
        else:
            pairs.extend((ask.instrument, knee) for knee in treated_knees)
    return tuple(pairs)


def _plan(
    definition: VisitDefinition,
    events: Sequence[EventFacts],
    zone: ZoneInfo,
    treated_knees: Sequence[Target],
) -> PlannedVisit | None:
    anchor = definition.anchor
    if anchor is None:
        return None
    event = _event(events, anchor.event, anchor.ordinal)
    dated = None if event is None else anchor_day(anchor, event, zone)
    if event is None or dated is None:
        return None
    anchor_on, provisional = dated
    target_on: date | None = None
    if definition.target.event is not None:
        other = _event(events, definition.target.event, 1)
        if other is not None:
            target_on = _happened_on(other, zone) or other.planned_on
    days = visit_days(definition, anchor_on, target_on)
    opens_at, closes_at = day_start(days.first, zone), day_end(days.last, zone)
    by_event = definition.window.closes == "anchor instant" and event.occurred_at is not None
    if by_event and event.occurred_at is not None:
        closes_at = event.occurred_at
        if closes_at <= opens_at:
            # It happened so much earlier than planned that the window must move with it.
            days = visit_days(definition, local_day(closes_at, zone), target_on)
            opens_at = min(day_start(days.first, zone), closes_at)
    return PlannedVisit(
        definition=definition.id,
        opens_at=opens_at,
        target_on=days.target,
        closes_at=closes_at,
        provisional=provisional,
        assessments=_assessments(definition, treated_knees),
        closed_by_event=by_event,
    )


def plan_visits(
    protocol: Protocol,
    *,
    events: Sequence[EventFacts],
    zone: ZoneInfo,
    treated_knees: Sequence[Target],
) -> tuple[PlannedVisit, ...]:
    """Date every visit the events allow, in the protocol's order; `zone` is the participant's.

    A visit counted from an event that has not happened is provisional; one counted from a planned
    day (baseline) is not. Unscheduled visits are made by hand, retired ones for nobody any more:
    neither is planned here.
    """
    planned = (
        _plan(each, events, zone, treated_knees) for each in protocol.visits if not each.retired
    )
    return tuple(visit for visit in planned if visit is not None)


def plan_unscheduled(
    definition: VisitDefinition,
    assessments: Sequence[tuple[str, Target]],
    *,
    last_occurrence: int,
    now: datetime,
    zone: ZoneInfo,
) -> PlannedVisit:
    """An extra visit, made by hand: open from `now`, without an end, asking what was chosen.

    `last_occurrence` is the number of the participant's latest extra visit, 0 before the first;
    `zone` is the participant's.
    """
    return PlannedVisit(
        definition=definition.id,
        occurrence=last_occurrence + 1,
        opens_at=now,
        target_on=local_day(now, zone),
        closes_at=None,
        provisional=False,
        assessments=tuple(assessments),
    )


def keeps_its_dates(visit: VisitFacts) -> bool:
    """Tell whether a visit has been touched: an answer, an attempt, a refusal or attendance."""
    return visit.attended_on is not None or any(
        each.answers or each.attempt or each.submitted_at or each.declined_at
        for each in visit.assessments
    )


def _is_held(visit: VisitFacts, planned: PlannedVisit) -> bool:
    """Tell whether a visit that was moved by hand keeps its day: all but that is as planned."""
    return _is_same(visit, planned._replace(target_on=visit.target_on))


def _is_same(visit: VisitFacts, planned: PlannedVisit) -> bool:
    asked = {(each.instrument, each.target) for each in visit.assessments}
    return (
        visit.opens_at == planned.opens_at
        and visit.target_on == planned.target_on
        and visit.closes_at == planned.closes_at
        and visit.provisional == planned.provisional
        and asked == set(planned.assessments)
    )


def reschedule(
    current: Sequence[VisitFacts],
    planned: Sequence[PlannedVisit],
    last_revisions: Mapping[tuple[str, int], int] | None = None,
    *,
    fixed: Collection[UUID] = (),
    renewed: Collection[UUID] = (),
    held: Collection[UUID] = (),
) -> Rescheduling:
    """Compare the current visits with a new plan; touched visits keep their dates.

    So do those that are `fixed`; of the others those that are `renewed` are made anew although
    nothing in them differs. Those that are `held` were moved by hand within their window, and keep
    their day while that window stands. `last_revisions` gives the highest revision ever used by
    (definition, occurrence) where a definition may have had visits that are no longer current.
    """
    revisions = dict(last_revisions or {})
    for visit in current:
        key = (visit.definition, visit.occurrence)
        revisions[key] = max(visit.schedule_revision, revisions.get(key, 0))
    wanted = {(each.definition, each.occurrence): each for each in planned}
    kept: list[UUID] = []
    superseded: list[UUID] = []
    reclosed: list[Reclosing] = []
    for visit in current:
        key = (visit.definition, visit.occurrence)
        plan = wanted.get(key)
        touched = keeps_its_dates(visit)
        unscheduled = visit.closes_at is None
        stays = unscheduled or touched or visit.id in fixed
        alike = _is_held if visit.id in held else _is_same
        same = plan is not None and visit.id not in renewed and alike(visit, plan)
        if stays or same:
            kept.append(visit.id)
            wanted.pop(key, None)
            ends_at = plan.closes_at if plan is not None and plan.closed_by_event else None
            if ends_at is not None and visit.closes_at != ends_at:
                # Answers after the injection are no baseline: its time ends the window anyhow.
                reclosed.append(
                    Reclosing(visit_id=visit.id, closes_at=max(ends_at, visit.opens_at))
                )
        else:
            superseded.append(visit.id)
    created = tuple(
        NewVisit(visit=each, schedule_revision=revisions.get(key, 0) + 1)
        for key, each in wanted.items()
    )
    return Rescheduling(
        kept=tuple(kept),
        superseded=tuple(superseded),
        created=created,
        reclosed=tuple(reclosed),
    )
