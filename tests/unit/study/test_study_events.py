"""What may be recorded about a participant, and what follows from it."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta

import pytest

from pro_service.domain.study.events import (
    EventRefusedError,
    NewEvent,
    check_event,
    recorded,
    with_events,
)
from pro_service.domain.study.facts import (
    EventFacts,
    EventKind,
    ParticipantFacts,
    Status,
    StatusFacts,
)
from pro_service.domain.study.follow_up.brought import statuses_brought
from pro_service.domain.study.follow_up.call_keys import CallKey
from pro_service.domain.study.pausing import plan_resumption
from pro_service.domain.study.statuses import standing
from tests.unit.study.study_makers import (
    INJECTION_ON,
    at,
    example,
    injection,
    participant,
    uuid,
)

AT = at(INJECTION_ON, 10)
DONE = injection(occurred_at=AT)


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
    facts = participant(
        [], now=AT, statuses=(StatusFacts(status=Status.screened, effective_at=AT),)
    )
    brought = statuses_brought(event, facts)
    assert [one.status for one in brought] == ([] if status is None else [status])


LEFT = [one for one in Status if one is not Status.screened]


@pytest.mark.parametrize("before", list(Status))
def test_a_corrected_hour_of_an_injection_changes_no_status(before: Status) -> None:
    """Whoever withdrew, rests or has completed got texts again once an hour was mended."""
    facts = participant(
        [], events=[DONE], now=AT, statuses=(StatusFacts(status=before, effective_at=AT),)
    )
    event = NewEvent(EventKind.injection, occurred_at=AT + timedelta(hours=1))
    assert statuses_brought(event, facts) == ()


@pytest.mark.parametrize("before", LEFT)
def test_the_first_record_of_an_injection_makes_active_only_who_was_being_screened(
    before: Status,
) -> None:
    facts = participant(
        [], events=[], now=AT, statuses=(StatusFacts(status=before, effective_at=AT),)
    )
    assert statuses_brought(NewEvent(EventKind.injection, occurred_at=AT), facts) == ()


def test_an_injection_in_a_pause_makes_active_from_its_end_on() -> None:
    ends_at = AT + timedelta(days=9)
    facts = participant(
        [],
        events=[],
        now=AT + timedelta(days=1),
        statuses=(
            StatusFacts(status=Status.screened, effective_at=AT - timedelta(days=5)),
            StatusFacts(status=Status.paused, effective_at=AT - timedelta(days=1)),
            StatusFacts(status=Status.screened, effective_at=ends_at),
        ),
    )
    brought = statuses_brought(NewEvent(EventKind.injection, occurred_at=AT), facts)
    assert brought == (StatusFacts(status=Status.active, effective_at=ends_at),)
    treated = facts.model_copy(update={"events": (DONE,)})
    assert plan_resumption(treated, example()).statuses[0].status is Status.active


def test_a_death_taken_back_brings_back_what_stood_and_the_end_of_a_pause() -> None:
    begun, ends_at, now = AT, AT + timedelta(days=9), AT + timedelta(days=2)
    death = EventFacts(id=uuid(7), kind=EventKind.death, occurred_at=AT + timedelta(days=1))
    facts = participant(
        [],
        events=[DONE, death],
        now=now,
        statuses=(
            StatusFacts(status=Status.paused, effective_at=begun),
            StatusFacts(status=Status.active, effective_at=ends_at),
            StatusFacts(status=Status.died, effective_at=begun + timedelta(days=1)),
        ),
    )
    struck = NewEvent(EventKind.death, struck=True)
    brought = statuses_brought(struck, facts)
    assert brought == (
        StatusFacts(status=Status.paused, effective_at=now),
        StatusFacts(status=Status.active, effective_at=ends_at),
    )
    fresh = recorded(struck, uuid(8), facts.events)
    events = with_events(facts.events, [fresh])
    statuses = (*facts.statuses, *brought)
    assert standing(statuses, now, events).status is Status.paused
    assert standing(statuses, ends_at, events).status is Status.active
    again = facts.model_copy(update={"events": events})
    with pytest.raises(EventRefusedError, match="no death to take back"):
        check_event(struck, example(), again)


def day(days: int) -> datetime:
    """An instant so many days after the injection."""
    return AT + timedelta(days=days)


@pytest.mark.parametrize(
    ("event", "word"),
    [
        (NewEvent(EventKind.death, occurred_at=day(-1)), "death_injection"),
        (NewEvent(EventKind.death, occurred_at=day(-40)), "death_consent"),
        (NewEvent(EventKind.death, planned_on=INJECTION_ON), "planned_death"),
        (NewEvent(EventKind.death, occurred_at=day(-9999)), "early"),
    ],
)
def test_a_death_before_consent_or_an_injection_and_one_that_is_planned_are_refused(
    event: NewEvent, word: str
) -> None:
    consent = EventFacts(id=uuid(5), kind=EventKind.consent, occurred_at=day(-20))
    facts = participant([], events=[consent, DONE], now=day(9))
    with pytest.raises(EventRefusedError) as refused:
        check_event(event, example(), facts)
    assert refused.value.word == word
    check_event(NewEvent(EventKind.death, occurred_at=day(0)), example(), facts)


def test_an_injection_after_death_is_refused() -> None:
    death = EventFacts(id=uuid(5), kind=EventKind.death, occurred_at=day(1))
    facts = participant([], events=[death], now=day(9))
    with pytest.raises(EventRefusedError) as refused:
        check_event(NewEvent(EventKind.injection, occurred_at=day(2)), example(), facts)
    assert refused.value.word == "dead"


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
