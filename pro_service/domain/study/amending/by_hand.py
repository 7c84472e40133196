"""One visit moved by hand to another day of its window: what the protocol allows, no more."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.facts import ParticipantFacts, VisitFacts
from pro_service.domain.study.nudges import profile_of
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.schedule import PlannedVisit, keeps_its_dates
from pro_service.domain.study.times import last_day_before, local_day, zone


class DayRefusedError(ProServiceError):
    """This visit cannot be moved to that day."""


def movable_visits(facts: ParticipantFacts, protocol: Protocol) -> tuple[VisitFacts, ...]:
    """Return the visits whose day may be chosen: dated, not over, and touched by nobody.

    Safety checks keep their days: they are counted from the injection. So does a visit whose day
    is that of an event, as of consent: the event is corrected instead. None is listed whose only
    day left is its own.
    """
    return tuple(
        visit
        for visit in facts.visits
        if not visit.provisional
        and visit.closes_at is not None
        and facts.now < visit.closes_at
        and not keeps_its_dates(visit)
        and profile_of(visit, protocol) != "safety"
        and not _is_of_an_event(visit, protocol)
        and days_of(visit, facts) != (visit.target_on, visit.target_on)
    )


def _is_of_an_event(visit: VisitFacts, protocol: Protocol) -> bool:
    definition = protocol.find(visit.definition)
    return definition is not None and definition.target.event is not None


def days_of(visit: VisitFacts, facts: ParticipantFacts) -> tuple[date, date]:
    """Return the first and last day a visit may be moved to, where the participant lives."""
    local = zone(facts.zone)
    first = max(local_day(visit.opens_at, local), local_day(facts.now, local))
    closes_at = visit.closes_at or facts.now
    return first, last_day_before(closes_at, local)


def plan_day(
    facts: ParticipantFacts, protocol: Protocol, visit_id: UUID, day: date
) -> tuple[VisitFacts, PlannedVisit]:
    """Return the visit as it stands, and as it is dated with this day as its target.

    Its window stays. Raises DayRefusedError, its `word` one of "visit", "window" and "same".
    """
    visit = next((one for one in movable_visits(facts, protocol) if one.id == visit_id), None)
    if visit is None:
        raise DayRefusedError(word="visit")
    first, last = days_of(visit, facts)
    if not first <= day <= last:
        raise DayRefusedError(mend=f"It may be from {first} to {last}.", word="window")
    if day == visit.target_on:
        raise DayRefusedError(word="same")
    return visit, PlannedVisit(
        definition=visit.definition,
        occurrence=visit.occurrence,
        opens_at=visit.opens_at,
        target_on=day,
        closes_at=visit.closes_at,
        provisional=False,
        assessments=tuple((one.instrument, one.target) for one in visit.assessments),
    )
