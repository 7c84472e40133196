"""On which days an examination is a visit's, for one participant."""

from __future__ import annotations

from collections.abc import Container, Iterator
from datetime import date, timedelta
from uuid import UUID

from pro_service.domain.measures.measuring import Measuring
from pro_service.domain.measures.taking import Situation, VisitSpan
from pro_service.domain.study.events import known_event
from pro_service.domain.study.facts import ParticipantFacts, VisitFacts
from pro_service.domain.study.protocol import Protocol, VisitDefinition
from pro_service.domain.study.schedule import anchor_day
from pro_service.domain.study.times import last_day_before, local_day, zone
from pro_service.domain.study.windows import window_days


def situation_of(facts: ParticipantFacts, protocol: Protocol, locked: Container[UUID]) -> Situation:
    """What decides about a participant's values; `locked` are visits that are locked now."""
    measuring = protocol.coming.measures
    today = local_day(facts.now, zone(facts.zone))
    if measuring is None:
        return Situation(facts.treated_knees, today, frozenset(), ())
    visits = tuple(_spans(facts, protocol, measuring, locked))
    return Situation(facts.treated_knees, today, measuring.names, visits)


def _spans(
    facts: ParticipantFacts, protocol: Protocol, measuring: Measuring, locked: Container[UUID]
) -> Iterator[VisitSpan]:
    room = timedelta(days=measuring.exam_window_days)
    for visit in facts.visits:
        definition = protocol.find(visit.definition)
        if definition is None:
            continue
        first, last = exam_days(facts, definition, visit)
        yield VisitSpan(
            visit_id=visit.id,
            visit=(visit.definition, visit.occurrence),
            first=first - room,
            last=last + room,
            takes=frozenset(measuring.taken_at(visit.definition)),
            locked=visit.id in locked,
        )


def exam_days(
    facts: ParticipantFacts, definition: VisitDefinition, visit: VisitFacts
) -> tuple[date, date]:
    """First and last day of a visit's clinic window; where it has none, of its questionnaires'."""
    local = zone(facts.zone)
    first = local_day(visit.opens_at, local)
    last = visit.target_on if visit.closes_at is None else last_day_before(visit.closes_at, local)
    window, anchor = definition.clinic_window, definition.anchor
    if window is None or anchor is None:
        return first, max(first, last)
    event = known_event(facts.events, anchor.event, anchor.ordinal)
    dated = None if event is None else anchor_day(anchor, event, local)
    return window_days(window, visit.target_on if dated is None else dated[0], visit.target_on)
