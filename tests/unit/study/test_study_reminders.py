from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import pytest

from pro_service.domain.delivery.contacts import ConsentFacts
from pro_service.domain.study.facts import ParticipantFacts, Status, VisitFacts
from pro_service.domain.study.nudges import plan_first, plan_next
from pro_service.domain.study.reminders import EndReason, Judgement, judge
from pro_service.domain.study.times import last_day_before
from tests.unit.study.study_makers import (
    INJECTION_ON,
    LONG_AGO,
    SHANGHAI,
    at,
    closing,
    contact,
    days,
    example,
    injection,
    participant,
    plan,
    reminder,
    statuses,
    submitted,
    visit,
    with_reminders,
)

PLANNED = plan([injection(occurred_at=at(INJECTION_ON, 10))])
WEEK_2 = visit(PLANNED["week_2"])
TARGET = PLANNED["week_2"].target_on
SAFETY_1 = visit(PLANNED["safety_1"], 2)
DAY_1 = INJECTION_ON + days(1)
FIRST_AT = at(TARGET - days(2), 18, 30)


def _first(of: VisitFacts, now: datetime = LONG_AGO, chosen: time | None = None) -> Any:
    return plan_first(of, example(), SHANGHAI, chosen, now)


def _next(of: VisitFacts, now: datetime) -> tuple[int, datetime] | None:
    planned = plan_next(of, example(), SHANGHAI, None, now)
    return None if planned is None else (planned.ordinal, planned.due_at)


def _due(of: VisitFacts = WEEK_2, due_at: datetime = FIRST_AT) -> VisitFacts:
    return with_reminders(of, reminder(of.id.int, due_at))


def _judge(facts: ParticipantFacts, now: datetime = FIRST_AT) -> Judgement:
    return judge(facts, example(), now)


# ---- planning ----


def test_first_nudge_goes_2_days_before_the_target_in_the_evening() -> None:
    assert _first(WEEK_2) == FIRST_AT


def test_first_nudge_goes_at_the_hour_the_participant_chose() -> None:
    assert _first(WEEK_2, chosen=time(12, 0)) == at(TARGET - days(2), 12)


def test_a_chosen_hour_in_quiet_hours_is_not_used() -> None:
    assert _first(WEEK_2, chosen=time(6, 0)) == FIRST_AT


def test_first_nudge_waits_for_the_opening() -> None:
    narrow = WEEK_2.model_copy(update={"opens_at": at(TARGET, 19)})
    assert _first(narrow) == at(TARGET + days(1), 18, 30)


def test_a_late_enrolment_gets_one_the_next_evening() -> None:
    assert _first(WEEK_2, now=at(TARGET, 18, 31)) == at(TARGET + days(1), 18, 30)


def test_a_late_enrolment_gets_none_on_the_closing_day() -> None:
    assert _first(WEEK_2, now=at(TARGET + days(2), 18, 31)) is None
    assert _first(WEEK_2, now=at(TARGET + days(2), 18, 29)) == at(TARGET + days(2), 18, 30)


def test_provisional_answered_and_silent_visits_get_none() -> None:
    assert _first(WEEK_2.model_copy(update={"provisional": True})) is None
    assert _first(submitted(WEEK_2, FIRST_AT)) is None
    assert _first(visit(PLANNED["screening"])) is None


def test_second_nudge_goes_2_days_after_the_first() -> None:
    one = with_reminders(WEEK_2, reminder(1, FIRST_AT, sent_at=FIRST_AT))
    assert _next(one, FIRST_AT) == (2, FIRST_AT + days(2))


def test_third_nudge_goes_5_days_after_the_first_unless_that_is_the_closing_day() -> None:
    two = with_reminders(
        WEEK_2,
        reminder(1, FIRST_AT, sent_at=FIRST_AT),
        reminder(2, FIRST_AT + days(2), 2, sent_at=FIRST_AT + days(2)),
    )
    assert last_day_before(closing(PLANNED["week_2"]), SHANGHAI) == TARGET + days(3)
    assert _next(two, FIRST_AT + days(2)) is None
    longer = two.model_copy(update={"closes_at": at(TARGET + days(9), 0)})
    assert _next(longer, FIRST_AT + days(2)) == (3, FIRST_AT + days(5))


def test_no_nudge_is_planned_while_one_is_open_or_after_the_last() -> None:
    assert _next(_due(), FIRST_AT) is None
    used = [reminder(n, FIRST_AT + days(n), n, sent_at=FIRST_AT + days(n)) for n in (1, 2, 3)]
    endless = with_reminders(WEEK_2, *used).model_copy(update={"closes_at": None})
    assert _next(endless, FIRST_AT + days(4)) is None


def test_safety_nudges_go_in_the_morning_of_the_day_and_4_hours_later() -> None:
    assert _first(SAFETY_1) == at(DAY_1, 9, 30)
    assert _first(SAFETY_1, chosen=time(12, 0)) == at(DAY_1, 9, 30)
    one = with_reminders(SAFETY_1, reminder(1, at(DAY_1, 9, 30), sent_at=at(DAY_1, 9, 31)))
    assert _next(one, at(DAY_1, 9, 31)) == (2, at(DAY_1, 13, 31))


def test_a_safety_nudge_that_is_late_is_due_at_once_but_never_in_quiet_hours() -> None:
    assert _first(SAFETY_1, now=at(DAY_1, 15)) == at(DAY_1, 15)
    assert _first(SAFETY_1, now=at(DAY_1, 21)) is None
    safety_3 = visit(PLANNED["safety_3"])
    assert _first(safety_3, now=at(DAY_1 + days(2), 21)) == at(DAY_1 + days(3), 8, 30)


# ---- judging ----


def test_a_due_reminder_is_sent_and_the_next_one_planned() -> None:
    found = _judge(participant([_due()]))
    assert found.visits == (WEEK_2.id,)
    assert found.together == (_due().reminders[0].id,)
    assert [(p.ordinal, p.due_at) for p in found.planned] == [(2, FIRST_AT + days(2))]
    assert not found.ended
    assert not found.postponed


def test_a_reminder_before_its_hour_is_left_alone() -> None:
    found = _judge(participant([_due()]), FIRST_AT - timedelta(seconds=1))
    assert found == Judgement()


def test_all_that_is_due_goes_in_one_text() -> None:
    other = _due(visit(PLANNED["week_2"], 3))
    assert len(_judge(participant([_due(), other])).together) == 2


CONSENT = ConsentFacts(version="1", signed_on=LONG_AGO.date(), messages=False)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"consent": None}, EndReason.no_consent),
        ({"consent": CONSENT}, EndReason.no_consent),
        ({"contacts": (contact(opted_out_at=FIRST_AT),)}, EndReason.opted_out),
        ({"contacts": ()}, EndReason.no_number),
        ({"contacts": (contact(kind="email"),)}, EndReason.no_number),
        ({"contacts": (contact(bad=True), contact(2, wrong=True))}, EndReason.bad_number),
        ({"contacts": (contact(texts_today=4),)}, EndReason.budget),
        ({"statuses": ()}, EndReason.not_enrolled),
        ({"statuses": statuses((Status.paused, LONG_AGO))}, EndReason.paused),
        ({"statuses": statuses((Status.lost, LONG_AGO))}, EndReason.lost),
        ({"statuses": statuses((Status.died, FIRST_AT))}, EndReason.died),
        ({"statuses": statuses((Status.completed, LONG_AGO))}, EndReason.study_completed),
        ({"statuses": statuses((Status.withdrew_data_use, LONG_AGO))}, "withdrew_data_use"),
    ],
)
def test_what_forbids_a_text_ends_the_reminder_with_its_reason(
    changes: dict[str, Any], reason: EndReason
) -> None:
    found = _judge(participant([_due()], **changes))
    assert [each.reason for each in found.ended] == [reason]
    assert not found.together


def test_an_answered_visit_ends_its_reminder_and_gets_no_other() -> None:
    found = _judge(participant([submitted(_due(), FIRST_AT)]))
    assert [each.reason for each in found.ended] == [EndReason.answered]
    assert not found.planned


def test_a_declined_visit_ends_its_reminder() -> None:
    declined = tuple(
        each.model_copy(update={"declined_at": FIRST_AT}) for each in WEEK_2.assessments
    )
    found = _judge(participant([_due().model_copy(update={"asked": declined})]))
    assert [each.reason for each in found.ended] == [EndReason.declined]


def test_a_visit_that_became_provisional_ends_its_reminder_as_rescheduled() -> None:
    found = _judge(participant([_due().model_copy(update={"provisional": True})]))
    assert [each.reason for each in found.ended] == [EndReason.rescheduled]


def test_a_reminder_found_on_the_closing_day_ends_outside_the_window() -> None:
    found = _judge(participant([_due()]), at(TARGET + days(3), 9))
    assert [each.reason for each in found.ended] == [EndReason.outside_window]


def test_death_plans_nothing_but_a_pause_goes_on_planning() -> None:
    died = participant([_due()], statuses=statuses((Status.died, LONG_AGO)))
    paused = participant([_due()], statuses=statuses((Status.paused, LONG_AGO)))
    assert not _judge(died).planned
    assert len(_judge(paused).planned) == 1


def test_a_reminder_found_in_quiet_hours_waits_for_the_next_evening() -> None:
    found = _judge(participant([_due()]), at(TARGET - days(2), 23))
    assert [each.due_at for each in found.postponed] == [at(TARGET - days(1), 18, 30)]


def test_a_safety_reminder_found_in_quiet_hours_waits_for_the_morning() -> None:
    safety_3 = _due(visit(PLANNED["safety_3"]), at(DAY_1 + days(2), 9, 30))
    found = _judge(participant([safety_3]), at(DAY_1 + days(2), 23))
    assert [each.due_at for each in found.postponed] == [at(DAY_1 + days(3), 8, 30)]


def test_a_text_within_24_hours_of_another_waits_until_they_are_over() -> None:
    before = at(TARGET - days(3), 18, 30, 7)
    facts = participant([_due()], last_reminder_text_at=before)
    found = _judge(facts)
    assert [each.due_at for each in found.postponed] == [before + days(1)]
    assert _judge(facts, before + days(1)).together == (_due().reminders[0].id,)


def test_a_text_earlier_the_same_day_moves_the_reminder_to_the_next_evening() -> None:
    facts = participant([_due()], last_reminder_text_at=at(TARGET - days(2), 9, 30))
    assert [each.due_at for each in _judge(facts).postponed] == [at(TARGET - days(1), 18, 30)]


def test_a_text_that_would_have_to_wait_into_the_closing_day_ends() -> None:
    late = at(TARGET + days(2), 18, 30)
    facts = participant([_due(due_at=late)], last_reminder_text_at=at(TARGET + days(2), 9, 30))
    assert [each.reason for each in _judge(facts, late).ended] == [EndReason.outside_window]


def test_the_second_safety_nudge_is_not_held_back_by_the_first() -> None:
    first, second = at(DAY_1, 9, 30), at(DAY_1, 13, 30)
    both = with_reminders(SAFETY_1, reminder(1, first, sent_at=first), reminder(2, second, 2))
    assert (
        len(_judge(participant([both], contacts=(contact(texts_today=1),)), second).together) == 1
    )
