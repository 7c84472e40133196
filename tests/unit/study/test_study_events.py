"""What may be recorded about a participant, and what follows from it."""

from __future__ import annotations

import json
from datetime import date

import pytest

from pro_service.domain.study.events import NewEvent, recorded, status_after, with_events
from pro_service.domain.study.facts import EventKind, ParticipantFacts, Status
from pro_service.domain.study.follow_up.call_keys import CallKey
from tests.unit.study.study_makers import INJECTION_ON, at, injection, participant, uuid

AT = at(INJECTION_ON, 10)


@pytest.mark.parametrize(
    ("event", "status"),
    [
        (NewEvent(EventKind.injection, occurred_at=AT), Status.active),
        (NewEvent(EventKind.injection, ordinal=2, occurred_at=AT), None),
        (NewEvent(EventKind.rescue_injection, occurred_at=AT), None),
        (NewEvent(EventKind.death, occurred_at=AT), Status.died),
        (NewEvent(EventKind.consent, occurred_at=AT), None),
        (NewEvent(EventKind.injection, planned_on=INJECTION_ON), None),
    ],
)
def test_a_status_follows_from_what_happened_and_from_nothing_planned(
    event: NewEvent, status: Status | None
) -> None:
    assert status_after(event) == status


def test_the_day_an_event_was_planned_for_stays_when_it_happens() -> None:
    planned = injection(planned_on=date(2026, 1, 12))
    fresh = recorded(NewEvent(EventKind.injection, occurred_at=AT), uuid(2), [planned])
    assert (fresh.planned_on, fresh.occurred_at) == (date(2026, 1, 12), AT)
    assert with_events([planned], [fresh]) == (fresh,)


def test_calls_are_read_as_the_store_says_them() -> None:
    said = participant([]).model_dump(mode="json") | {
        "made_calls": [f"{uuid(3)}:closing_soon", "-:bad_number"],
        "open_calls": ["-:bad_number"],
    }
    facts = ParticipantFacts.model_validate_json(json.dumps(said))
    assert facts.made_calls == (CallKey(uuid(3), "closing_soon"), CallKey(None, "bad_number"))
    assert facts.open_calls == (CallKey(None, "bad_number"),)
