from __future__ import annotations

from datetime import date, datetime, timedelta

from pro_service.domain.study.calls import (
    CallReason,
    calls_wanted,
    could_be_due,
)
from pro_service.domain.study.facts import ParticipantFacts, Status, VisitFacts
from pro_service.domain.study.follow_up.call_keys import CallKey
from pro_service.domain.study.times import zone
from tests.unit.study.study_makers import (
    INJECTION_ON,
    LONG_AGO,
    at,
    days,
    example,
    injection,
    participant,
    plan,
    reminder,
    statuses,
    submitted,
    visit,
)

PLANNED = plan([injection(occurred_at=at(INJECTION_ON, 10))])
TARGET = PLANNED["week_2"].target_on
FIRST, SECOND = at(TARGET - days(2), 18, 30), at(TARGET, 18, 30)
NUDGED = visit(
    PLANNED["week_2"],
    reminders=(reminder(1, FIRST, sent_at=FIRST), reminder(2, SECOND, 2, sent_at=SECOND)),
)
SAFETY_3 = visit(PLANNED["safety_3"], 2)
DAY_3 = INJECTION_ON + days(3)
TICK = timedelta(seconds=1)


def _every_day(first: date, last: date) -> int:
    return (last - first).days + 1


def _holidays(first: date, last: date) -> int:
    return 0


def _reasons(facts: ParticipantFacts, now: datetime) -> list[CallReason]:
    return [each.reason for each in calls_wanted(facts, example(), now, _many)]


def _many(first: date, last: date) -> int:
    return 99


def test_two_nudges_unanswered_for_24_hours_make_a_call() -> None:
    facts = participant([NUDGED])
    assert _reasons(facts, SECOND + days(1) - TICK) == []
    (wanted,) = calls_wanted(facts, example(), SECOND + days(1), _many)
    assert wanted.reason is CallReason.nudges_unanswered
    assert wanted.visit_id == NUDGED.id
    assert wanted.closes_at == NUDGED.closes_at


def test_one_nudge_makes_no_call() -> None:
    once = NUDGED.model_copy(update={"nudged": NUDGED.reminders[:1]})
    assert _reasons(participant([once]), SECOND + days(1)) == []


def test_three_working_days_left_make_a_call() -> None:
    facts = participant([visit(PLANNED["week_2"])])
    on_day = at(TARGET + days(1), 0)
    assert calls_wanted(facts, example(), on_day - TICK, _every_day) == ()
    (wanted,) = calls_wanted(facts, example(), on_day, _every_day)
    assert wanted.reason is CallReason.closing_soon


def test_a_long_holiday_brings_the_call_to_the_opening_but_not_before() -> None:
    week_2 = visit(PLANNED["week_2"])
    facts = participant([week_2])
    assert calls_wanted(facts, example(), week_2.opens_at - TICK, _holidays) == ()
    assert len(calls_wanted(facts, example(), week_2.opens_at, _holidays)) == 1


def test_a_safety_visit_unanswered_in_the_evening_makes_a_call() -> None:
    facts = participant([SAFETY_3])
    assert calls_wanted(facts, example(), at(DAY_3, 18, 29), _holidays) == ()
    assert _reasons(facts, at(DAY_3, 18, 30)) == [CallReason.safety_unanswered]


def test_a_safety_visit_that_closed_at_midnight_is_still_called_for_the_next_day() -> None:
    facts = participant([visit(PLANNED["safety_1"])])
    assert _reasons(facts, at(INJECTION_ON + days(2), 3)) == [CallReason.safety_unanswered]
    assert _reasons(facts, at(INJECTION_ON + days(2), 19)) == []


def test_nobody_is_called_who_answered_paused_or_died() -> None:
    when = SECOND + days(1)
    assert _reasons(participant([submitted(NUDGED, SECOND)]), when) == []
    for status in (Status.paused, Status.died, Status.withdrew_follow_up):
        facts = participant([NUDGED], statuses=statuses((status, LONG_AGO)))
        assert _reasons(facts, when) == []


def test_a_pause_is_no_pause_from_safety() -> None:
    facts = participant([SAFETY_3, NUDGED], statuses=statuses((Status.paused, LONG_AGO)))
    assert _reasons(facts, at(DAY_3, 18, 30) - TICK) == []
    (wanted,) = calls_wanted(facts, example(), at(DAY_3, 18, 30), _many)
    assert (wanted.visit_id, wanted.reason) == (SAFETY_3.id, CallReason.safety_unanswered)


def test_an_opt_out_from_texts_does_not_prevent_a_call() -> None:
    facts = participant([SAFETY_3], contacts=())
    assert _reasons(facts, at(DAY_3, 18, 30)) == [CallReason.safety_unanswered]


def test_a_provisional_visit_makes_no_call() -> None:
    facts = participant([SAFETY_3.model_copy(update={"provisional": True})])
    assert _reasons(facts, at(DAY_3, 18, 30)) == []


def test_an_open_call_for_the_visit_prevents_another() -> None:
    facts = participant([NUDGED], open_calls=(CallKey(NUDGED.id, "not_understood"),))
    assert _reasons(facts, SECOND + days(1)) == []


def test_a_call_that_was_made_and_closed_is_not_made_again() -> None:
    facts = participant([NUDGED], made_calls=(CallKey(NUDGED.id, "nudges_unanswered"),))
    assert _reasons(facts, SECOND + days(1)) == []
    (wanted,) = calls_wanted(facts, example(), SECOND + days(1), _every_day)
    assert wanted.reason is CallReason.closing_soon


def _could(one: VisitFacts, now: datetime) -> bool:
    facts = participant([one])
    assert one.closes_at is not None
    return could_be_due(
        example(),
        one.definition,
        sent=sum(each.sent_at is not None and each.sent_at <= now for each in one.reminders),
        closes_at=one.closes_at,
        now=now,
        at_site=zone(facts.site.zone),
        working_days_left=_every_day,
    )


def test_the_first_look_never_overlooks_a_call() -> None:
    for one in (NUDGED, SAFETY_3, visit(PLANNED["week_2"]), visit(PLANNED["month_6"])):
        assert one.closes_at is not None
        now = one.opens_at
        while now < one.closes_at + days(1):
            wanted = calls_wanted(participant([one]), example(), now, _every_day)
            assert not wanted or _could(one, now)
            now += timedelta(hours=1)


def test_the_first_look_spares_reading_everybody_who_is_not_silent_yet() -> None:
    one = visit(PLANNED["month_6"])
    assert not _could(one, one.opens_at)


def test_two_nudges_that_did_not_arrive_make_a_call_at_once_and_it_says_so() -> None:
    """N1: the call said "unanswered" of 22 texts that were refused."""
    failed = tuple(one.model_copy(update={"undelivered": True}) for one in NUDGED.reminders)
    unheard = NUDGED.model_copy(update={"nudged": failed})
    assert _reasons(participant([unheard]), SECOND) == [CallReason.nudges_not_delivered]
    one_arrived = NUDGED.model_copy(update={"nudged": (NUDGED.reminders[0], failed[1])})
    assert _reasons(participant([one_arrived]), SECOND) == []
    assert _reasons(participant([one_arrived]), SECOND + days(1)) == [CallReason.nudges_unanswered]


def test_a_call_about_nudges_is_made_once_whatever_became_of_them() -> None:
    failed = tuple(one.model_copy(update={"undelivered": True}) for one in NUDGED.reminders)
    unheard = NUDGED.model_copy(update={"nudged": failed})
    for reason in (CallReason.nudges_unanswered, CallReason.nudges_not_delivered):
        made = (CallKey(NUDGED.id, reason),)
        facts = participant([unheard]).model_copy(update={"made_calls": made})
        assert _reasons(facts, SECOND + days(1)) == []
