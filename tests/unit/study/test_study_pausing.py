"""What a pause writes, what it moves, and what it leaves alone."""

from __future__ import annotations

from pro_service.domain.study.facts import Status
from pro_service.domain.study.pausing import (
    may_pause,
    pause_ends_at,
    paused_until,
    plan_pause,
    plan_resumption,
    resumes_at,
    safety_visits_ahead,
)
from pro_service.domain.study.statuses import overruled
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
NOW = at(INJECTION_ON + days(1), 12)
WAITS = at(TARGET - days(2), 18, 30)
WEEK_2 = visit(PLANNED["week_2"], reminders=(reminder(1, WAITS),))
SAFETY_3 = visit(
    PLANNED["safety_3"], 2, reminders=(reminder(2, at(INJECTION_ON + days(3), 9, 30)),)
)
FACTS = participant([WEEK_2, SAFETY_3], now=NOW, statuses=statuses((Status.active, LONG_AGO)))


def test_a_pause_is_followed_by_the_status_it_came_after() -> None:
    until = at(TARGET, 0)
    made = plan_pause(FACTS, example(), until)
    assert [(one.status, one.effective_at) for one in made.statuses] == [
        (Status.paused, NOW),
        (Status.active, until),
    ]


def test_a_nudge_that_falls_into_the_pause_moves_to_its_first_evening() -> None:
    (nudge,) = plan_pause(FACTS, example(), at(TARGET, 0)).nudges
    assert (nudge.visit_id, nudge.due_at) == (WEEK_2.id, WAITS)
    assert nudge.new_due_at == at(TARGET, 18, 30)


def test_a_nudge_whose_window_ends_with_the_pause_is_said_not_to_be_sent() -> None:
    (nudge,) = plan_pause(FACTS, example(), at(TARGET + days(60), 0)).nudges
    assert nudge.new_due_at is None


def test_a_nudge_after_the_pause_stays() -> None:
    (nudge,) = plan_pause(FACTS, example(), resumes_at(FACTS, 2)).nudges
    assert nudge.new_due_at == nudge.due_at


def test_safety_visits_are_never_moved_and_are_named() -> None:
    made = plan_pause(FACTS, example(), at(TARGET, 0))
    assert SAFETY_3.id not in {one.visit_id for one in made.nudges}
    assert [one.id for one in safety_visits_ahead(FACTS, example())] == [SAFETY_3.id]
    answered = participant([submitted(SAFETY_3, NOW)], now=NOW)
    assert safety_visits_ahead(answered, example()) == ()


def test_ending_a_pause_brings_the_nudges_back_to_their_hours() -> None:
    moved = WEEK_2.model_copy(update={"nudged": (reminder(1, at(TARGET + days(1), 18, 30)),)})
    words = statuses((Status.stopped_treatment, LONG_AGO), (Status.paused, LONG_AGO))
    made = plan_resumption(participant([moved], now=NOW, statuses=words), example())
    assert [one.status for one in made.statuses] == [Status.stopped_treatment]
    assert [one.new_due_at for one in made.nudges] == [WAITS]


def test_who_has_stopped_cannot_pause() -> None:
    assert [one for one in Status if may_pause(one)] == [
        Status.screened,
        Status.active,
        Status.paused,
        Status.stopped_treatment,
    ]
    assert not may_pause(None)


def test_a_pause_ends_when_the_last_word_on_it_says_and_not_when_an_earlier_one_did() -> None:
    began, again = NOW - days(3), NOW - days(1)
    first, second = NOW + days(2), NOW + days(9)
    longer = statuses(
        (Status.active, LONG_AGO),
        (Status.paused, began),
        (Status.active, first),
        (Status.paused, again),
        (Status.active, second),
    )
    assert pause_ends_at(longer, NOW) == second
    assert paused_until(participant([WEEK_2], now=NOW, statuses=longer)) == second.date()
    shorter = (*longer, *statuses((Status.paused, NOW), (Status.active, first)))
    assert pause_ends_at(shorter, NOW) == first
    assert pause_ends_at((*longer, *statuses((Status.active, NOW))), NOW) is None
    assert pause_ends_at(statuses((Status.paused, began)), NOW) is None


def test_an_end_that_a_later_word_overtook_never_takes_effect() -> None:
    began, ended, planned = NOW - days(3), NOW - days(1), NOW + days(2)
    assert overruled([began, planned]) == (False, False)
    assert overruled([began, planned, ended]) == (False, True, False)
    assert overruled([]) == ()
