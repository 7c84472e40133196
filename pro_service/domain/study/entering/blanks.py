"""What may be printed as a blank form: what is asked and can still be answered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pro_service.domain.study.assessments import is_open_question
from pro_service.domain.study.facts import AssessmentFacts, ParticipantFacts, VisitFacts
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.times import local_instant


def printable(
    facts: ParticipantFacts, protocol: Protocol
) -> Iterator[tuple[VisitFacts, AssessmentFacts]]:
    """Yield what is neither sent nor declined at visits that have not closed, to come or open."""
    return _owed(facts, protocol, facts.now, None)


def printable_on(
    facts: ParticipantFacts, protocol: Protocol, day: date, local: ZoneInfo
) -> Iterator[tuple[VisitFacts, AssessmentFacts]]:
    """Yield what can be answered on a day of the participant's own calendar."""
    begins = local_instant(day, time(), local)
    return _owed(facts, protocol, begins, local_instant(day + timedelta(days=1), time(), local))


def _owed(
    facts: ParticipantFacts, protocol: Protocol, after: datetime, before: datetime | None
) -> Iterator[tuple[VisitFacts, AssessmentFacts]]:
    """Yield what is owed at visits that close after an instant and open before another (UTC)."""
    for visit in facts.visits:
        closed = visit.closes_at is not None and visit.closes_at <= after
        to_come = before is not None and visit.opens_at >= before
        if closed or to_come or protocol.find(visit.definition) is None:
            continue
        for one in visit.assessments:
            if is_open_question(one):
                yield visit, one
