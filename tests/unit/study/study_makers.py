"""Small makers of facts for the tests of `domain/study`: the example protocol, one participant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from pro_service.catalog.protocol_files import example_protocol_file, load_protocol_file
from pro_service.domain.delivery.contacts import ConsentFacts, ContactFacts
from pro_service.domain.study.facts import (
    AnswerFacts,
    AssessmentFacts,
    AttemptFacts,
    EventFacts,
    EventKind,
    ParticipantFacts,
    ReminderFacts,
    SiteFacts,
    Status,
    StatusFacts,
    Target,
    VisitFacts,
)
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.schedule import PlannedVisit, plan_visits
from pro_service.domain.study.times import local_instant, zone

SHANGHAI = zone("Asia/Shanghai")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
INJECTION_ON = date(2026, 3, 10)


@cache
def example() -> Protocol:
    """The example study's protocol."""
    return load_protocol_file(example_protocol_file()).protocol


def uuid(number: int) -> UUID:
    """A fixed id."""
    return UUID(int=number)


def at(day: date, hour: int, minute: int = 0, second: int = 0) -> datetime:
    """The instant of a Shanghai wall time."""
    return local_instant(day, time(hour, minute, second), SHANGHAI)


def injection(
    planned_on: date | None = INJECTION_ON, occurred_at: datetime | None = None
) -> EventFacts:
    """Injection 1, planned, and perhaps done."""
    return EventFacts(
        id=uuid(1), kind=EventKind.injection, planned_on=planned_on, occurred_at=occurred_at
    )


def plan(
    events: Sequence[EventFacts], knees: Sequence[Target] = ("left_knee",)
) -> dict[str, PlannedVisit]:
    """The planned visits by definition."""
    planned = plan_visits(example(), events=events, zone=SHANGHAI, treated_knees=knees)
    return {visit.definition: visit for visit in planned}


def answer(item: str = "pain", value: int | None = 4, gap: str | None = None) -> AnswerFacts:
    """One answered item."""
    return AnswerFacts(item=item, value=value, gap=gap, response_id=uuid(7), received_at=LONG_AGO)


def attempt(started_at: datetime) -> AttemptFacts:
    """A sitting just begun."""
    return AttemptFacts(
        id=uuid(8),
        ordinal=1,
        mode="web",
        started_at=started_at,
        last_answer_at=None,
        submitted_at=None,
    )


def reminder(
    number: int,
    due_at: datetime,
    ordinal: int = 1,
    sent_at: datetime | None = None,
    ended_at: datetime | None = None,
) -> ReminderFacts:
    """A reminder; sent ones have ended."""
    return ReminderFacts(
        id=uuid(1000 + number),
        ordinal=ordinal,
        due_at=due_at,
        sent_at=sent_at,
        ended_at=ended_at or sent_at,
    )


def visit(planned: PlannedVisit, number: int = 1, **changes: Any) -> VisitFacts:
    """A stored visit as planned, with one open assessment for each it asks."""
    content: dict[str, Any] = {
        "id": uuid(100 + number),
        "definition": planned.definition,
        "schedule_revision": 1,
        "provisional": planned.provisional,
        "opens_at": planned.opens_at,
        "target_on": planned.target_on,
        "closes_at": planned.closes_at,
        "assessments": tuple(
            AssessmentFacts(
                id=uuid(10_000 + 100 * number + index),
                instrument=instrument,
                target=target,
                answers=(),
            )
            for index, (instrument, target) in enumerate(planned.assessments)
        ),
    }
    return VisitFacts(**(content | changes))


def submitted(facts: VisitFacts, submitted_at: datetime) -> VisitFacts:
    """The visit with everything submitted."""
    done = tuple(a.model_copy(update={"submitted_at": submitted_at}) for a in facts.assessments)
    return facts.model_copy(update={"asked": done})


def statuses(*words: tuple[Status, datetime]) -> tuple[StatusFacts, ...]:
    """Statuses in the order recorded."""
    return tuple(StatusFacts(status=status, effective_at=since) for status, since in words)


def contact(number: int = 1, **changes: Any) -> ContactFacts:
    """A telephone of the participant's own, which nothing keeps from being texted."""
    content: dict[str, Any] = {
        "id": uuid(600 + number),
        "ordinal": number,
        "address_sealed": "00",
        "address_key": "k1",
        "blind_index": f"b{number}",
    }
    return ContactFacts(**(content | changes))


def participant(visits: Sequence[VisitFacts] = (), **changes: Any) -> ParticipantFacts:
    """An active participant in Shanghai who may be texted."""
    content: dict[str, Any] = {
        "study_id": uuid(2),
        "id": uuid(3),
        "code": "P-001",
        "revision": 1,
        "now": LONG_AGO,
        "protocol_version_id": uuid(4),
        "language": "zh_CN",
        "zone": "Asia/Shanghai",
        "channel": "sms",
        "nudge_at": None,
        "treated_knees": ("left_knee",),
        "site": SiteFacts(
            id=uuid(5),
            code="S1",
            zone="Asia/Shanghai",
            telephone="+12025550100",
            emergency_number="120",
            country="CN",
        ),
        "contacts": (contact(),),
        "consent": ConsentFacts(version="1", signed_on=LONG_AGO.date(), messages=True),
        "statuses": statuses((Status.active, LONG_AGO)),
        "events": (injection(),),
        "visits": tuple(visits),
    }
    return ParticipantFacts(**(content | changes))


def days(count: int) -> timedelta:
    """A number of days."""
    return timedelta(days=count)


def closing(planned: PlannedVisit) -> datetime:
    """When a visit the protocol dates closes."""
    assert planned.closes_at is not None
    return planned.closes_at


def with_reminders(of: VisitFacts, *reminders: ReminderFacts) -> VisitFacts:
    """The visit with these reminders and no others."""
    return of.model_copy(update={"nudged": reminders})
