"""Which visits may be given another day by hand, and which days those are."""

from __future__ import annotations

from datetime import date

import pytest

from pro_service.domain.study.amending.by_hand import DayRefusedError, days_of, plan_day
from pro_service.domain.study.amending.by_hand import movable_visits as movable
from pro_service.domain.study.facts import EventFacts, EventKind, ParticipantFacts
from tests.unit.study.study_makers import (
    INJECTION_ON,
    at,
    days,
    example,
    injection,
    participant,
    plan,
    uuid,
    visit,
)

CONSENT_ON = INJECTION_ON - days(30)


def on(day: date, *, done: bool) -> ParticipantFacts:
    """Somebody who consented before the window of screening began, on a day at noon."""
    consent = EventFacts(id=uuid(2), kind=EventKind.consent, occurred_at=at(CONSENT_ON, 10))
    injected = injection(occurred_at=at(INJECTION_ON, 9) if done else None)
    planned = plan((consent, injected)).values()
    visits = [visit(one, number) for number, one in enumerate(planned, 1)]
    return participant(visits, now=at(day, 12))


def test_screening_keeps_the_day_of_consent() -> None:
    facts = on(INJECTION_ON - days(10), done=False)
    screening = next(one for one in facts.visits if one.definition == "screening")
    assert (screening.target_on, facts.now < (screening.closes_at or facts.now)) == (
        CONSENT_ON,
        True,
    )
    assert [one.definition for one in movable(facts, example())] == ["baseline"]
    with pytest.raises(DayRefusedError) as refused:
        plan_day(facts, example(), screening.id, INJECTION_ON - days(5))
    assert refused.value.word == "visit"


def test_a_visit_that_can_only_be_on_its_own_day_is_not_offered() -> None:
    facts = on(INJECTION_ON, done=True)
    offered = {one.definition: one for one in movable(facts, example())}
    assert "injection" not in offered
    assert "week_2" in offered
    week_2 = offered["week_2"]
    assert days_of(week_2, facts) == (week_2.target_on - days(3), week_2.target_on + days(3))


def test_a_visit_that_was_due_and_not_held_may_come_on_the_days_left() -> None:
    today = INJECTION_ON + days(16)
    facts = on(today, done=True)
    week_2 = next(one for one in movable(facts, example()) if one.definition == "week_2")
    assert days_of(week_2, facts) == (today, INJECTION_ON + days(17))
    last = facts.model_copy(update={"now": at(INJECTION_ON + days(18), 12)})
    assert "week_2" not in {one.definition for one in movable(last, example())}
