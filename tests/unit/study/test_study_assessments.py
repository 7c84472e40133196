from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from pro_service.domain.study.assessments import AssessmentState, assessment_state
from pro_service.domain.study.facts import EventFacts, EventKind, Status, VisitFacts
from pro_service.domain.study.statuses import RULES, Standing, standing
from tests.unit.study.study_makers import (
    INJECTION_ON,
    LONG_AGO,
    answer,
    at,
    attempt,
    injection,
    plan,
    statuses,
    uuid,
    visit,
)

WEEK_2 = visit(plan([injection(occurred_at=at(INJECTION_ON, 10))])["week_2"])
OPENS = WEEK_2.opens_at
CLOSES = WEEK_2.closes_at or OPENS
INSIDE = OPENS + timedelta(days=2)
AFTER = CLOSES + timedelta(days=2)
ACTIVE = Standing(status=Status.active, may_message=True, may_answer=True)
SECOND = timedelta(seconds=1)


def _ended(when: datetime, status: Status = Status.withdrew_follow_up) -> Standing:
    return Standing(status=status, may_message=False, may_answer=False, ended_at=when)


def _state(
    now: datetime, where: Standing = ACTIVE, of: VisitFacts = WEEK_2, **update: object
) -> AssessmentState:
    progress = of.assessments[0].model_copy(update=update).progress
    return assessment_state(of.window, progress, where, now)


def test_completed_means_submitted_inside_the_window() -> None:
    assert _state(AFTER, submitted_at=CLOSES - SECOND) is AssessmentState.completed


def test_late_means_submitted_at_or_after_closing() -> None:
    assert _state(AFTER, submitted_at=CLOSES) is AssessmentState.late


def test_completed_stands_even_after_a_withdrawal_before_opening() -> None:
    state = _state(AFTER, _ended(OPENS - SECOND), submitted_at=INSIDE)
    assert state is AssessmentState.completed


def test_declined_means_chosen_not_this_time() -> None:
    assert _state(AFTER, declined_at=INSIDE, answers=(answer(),)) is AssessmentState.declined


@pytest.mark.parametrize("status", [Status.screen_failure, Status.died, Status.completed])
def test_not_applicable_means_asking_ended_before_opening(status: Status) -> None:
    assert _state(AFTER, _ended(OPENS, status)) is AssessmentState.not_applicable
    assert _state(OPENS - SECOND, _ended(LONG_AGO, status)) is AssessmentState.not_applicable


def test_not_applicable_holds_for_a_visit_whose_event_never_came() -> None:
    provisional = WEEK_2.model_copy(update={"provisional": True})
    assert _state(AFTER, _ended(INSIDE), of=provisional) is AssessmentState.not_applicable


def test_not_yet_due_means_before_opening() -> None:
    assert _state(OPENS - SECOND) is AssessmentState.not_yet_due


def test_not_yet_due_holds_while_the_event_has_not_happened() -> None:
    provisional = WEEK_2.model_copy(update={"provisional": True})
    assert _state(AFTER, of=provisional) is AssessmentState.not_yet_due


def test_due_means_open_and_not_begun() -> None:
    assert _state(OPENS) is AssessmentState.due
    assert _state(CLOSES - SECOND) is AssessmentState.due


def test_due_has_no_end_for_an_unscheduled_visit() -> None:
    extra = WEEK_2.model_copy(update={"closes_at": None})
    assert _state(AFTER + timedelta(days=900), of=extra) is AssessmentState.due


def test_started_means_open_with_an_attempt() -> None:
    assert _state(INSIDE, attempt=attempt(INSIDE)) is AssessmentState.started


def test_missed_means_closed_with_nothing_answered() -> None:
    assert _state(CLOSES) is AssessmentState.missed
    assert _state(CLOSES, attempt=attempt(INSIDE)) is AssessmentState.missed


def test_missed_is_not_turned_into_partial_by_gaps_alone() -> None:
    assert _state(AFTER, answers=(answer(value=None, gap="skipped"),)) is AssessmentState.missed


def test_missed_at_once_after_a_withdrawal_inside_the_window() -> None:
    assert _state(INSIDE, _ended(OPENS + SECOND)) is AssessmentState.missed


def test_partial_means_closed_with_something_answered() -> None:
    assert _state(AFTER, answers=(answer(),)) is AssessmentState.partial


def test_partial_at_once_after_a_withdrawal_inside_the_window() -> None:
    state = _state(INSIDE, _ended(OPENS + SECOND), answers=(answer(),))
    assert state is AssessmentState.partial


def test_every_status_says_in_one_sentence_what_stops() -> None:
    assert set(RULES) == set(Status)
    assert all(rule.meaning.endswith(".") for rule in RULES.values())
    assert all(rule.stops_messages for rule in RULES.values() if rule.stops_asking)


def test_the_last_recorded_status_in_effect_counts() -> None:
    words = statuses((Status.active, LONG_AGO), (Status.paused, INSIDE))
    assert standing(words, INSIDE - SECOND).status is Status.active
    assert standing(words, INSIDE) == Standing(
        status=Status.paused, may_message=False, may_answer=True
    )


def test_a_death_learnt_late_replaces_a_status_that_took_effect_after_it() -> None:
    words = statuses((Status.active, LONG_AGO), (Status.paused, AFTER), (Status.died, INSIDE))
    assert standing(words, AFTER + SECOND).status is Status.died
    assert standing(words, AFTER + SECOND).ended_at == INSIDE


def test_asking_ended_when_the_first_of_several_ends_began() -> None:
    words = statuses(
        (Status.active, LONG_AGO), (Status.stopped_questionnaires, OPENS), (Status.died, AFTER)
    )
    assert standing(words, AFTER).ended_at == OPENS


def test_coming_back_forgets_the_earlier_end() -> None:
    words = statuses((Status.withdrew_follow_up, OPENS), (Status.active, INSIDE))
    assert standing(words, AFTER).ended_at is None
    assert standing(words, AFTER).may_answer


def test_a_recorded_death_counts_without_a_status() -> None:
    death = EventFacts(id=uuid(9), kind=EventKind.death, occurred_at=INSIDE)
    found = standing(statuses((Status.active, LONG_AGO)), AFTER, [death])
    assert found == _ended(INSIDE, Status.died)


def test_without_a_status_nothing_may_be_sent_or_asked() -> None:
    assert standing((), AFTER) == Standing(status=None, may_message=False, may_answer=False)
