from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from pro_service.domain.study.adherence import (
    Adherence,
    AskedVisit,
    VisitOutcome,
    adherence,
    is_enrolled,
    visit_outcome,
)
from pro_service.domain.study.assessments import AssessmentState as State
from pro_service.domain.study.facts import Status, VisitFacts
from pro_service.domain.study.statuses import Standing
from tests.unit.study.study_makers import (
    INJECTION_ON,
    LONG_AGO,
    at,
    days,
    injection,
    plan,
    statuses,
    submitted,
    uuid,
    visit,
)


def _outcome(*states: State, **changes: Any) -> VisitOutcome:
    content: dict[str, Any] = {
        "site": "S1",
        "participant": uuid(1),
        "definition": "week_2",
        "kind": "scheduled",
        "states": states,
        "closed": True,
        "scorable": False,
    }
    return VisitOutcome(**(content | changes))


def _figures(*outcomes: VisitOutcome, enrolled: int = 10) -> Adherence:
    (row,) = adherence(outcomes, definitions=["week_2"], enrolled={"S1": enrolled})
    return row


def test_completion_is_completed_in_the_window_of_expected_and_closed() -> None:
    row = _figures(
        _outcome(State.completed, State.completed),
        _outcome(State.completed, State.partial),
        _outcome(State.late, State.late, scorable=True),
        _outcome(State.missed),
        _outcome(State.declined),
    )
    assert (row.completed_in_window, row.expected_and_closed) == (1, 5)
    assert row.completion == Fraction(1, 5)


def test_answered_and_not_sent_is_counted_apart_and_never_as_completed() -> None:
    """R2; of a visit in part missed nothing is said."""
    row = _figures(
        _outcome(State.unsent),
        _outcome(State.completed, State.unsent),
        _outcome(State.unsent, State.missed),
        _outcome(State.unsent, closed=False),
        _outcome(State.completed),
    )
    assert (row.completed_in_window, row.unsent, row.expected_and_closed) == (1, 2, 4)


def test_available_counts_late_scores_of_all_enrolled() -> None:
    row = _figures(
        _outcome(State.completed, scorable=True), _outcome(State.late, scorable=True), enrolled=4
    )
    assert row.available == Fraction(1, 2)


def test_what_is_still_open_or_was_never_applicable_is_not_expected() -> None:
    row = _figures(
        _outcome(State.completed, closed=False),
        _outcome(State.due, closed=False),
        _outcome(State.not_applicable),
        _outcome(State.not_yet_due, closed=False),
    )
    assert row.expected_and_closed == 0


def test_an_empty_denominator_gives_no_figure() -> None:
    row = _figures(enrolled=0)
    assert row.completion is None
    assert row.available is None


def test_unscheduled_visits_and_visits_that_ask_nothing_are_in_neither_figure() -> None:
    row = _figures(_outcome(State.completed, kind="unscheduled", scorable=True), _outcome())
    assert (row.expected_and_closed, row.scorable) == (0, 0)


def test_rows_keep_sites_and_definitions_apart() -> None:
    rows = adherence(
        [_outcome(State.completed), _outcome(State.missed, site="S2")],
        definitions=["week_2", "month_1"],
        enrolled={"S1": 1, "S2": 1},
    )
    assert [(row.definition, row.site, row.completion) for row in rows] == [
        ("week_2", "S1", 1),
        ("week_2", "S2", 0),
        ("month_1", "S1", None),
        ("month_1", "S2", None),
    ]


def asked(of: VisitFacts, *, scorable: bool) -> AskedVisit:
    return AskedVisit(
        site="S1",
        participant=uuid(1),
        definition=of.definition,
        kind="scheduled",
        window=of.window,
        asked=tuple(one.progress for one in of.assessments),
        scorable=scorable,
    )


def test_a_withdrawal_inside_the_window_closes_the_visit() -> None:
    week_2 = visit(plan([injection(occurred_at=at(INJECTION_ON, 10))])["week_2"])
    inside = week_2.opens_at + days(1)
    where = Standing(
        status=Status.withdrew_follow_up, may_message=False, may_answer=False, ended_at=inside
    )
    active = Standing(status=Status.active, may_message=True, may_answer=True)
    now = inside + days(1)
    ended = visit_outcome(asked(week_2, scorable=False), where, now)
    assert ended.closed
    assert set(ended.states) == {State.missed}
    done = submitted(week_2, inside)
    still_open = visit_outcome(asked(done, scorable=True), active, now)
    assert not still_open.closed
    assert set(still_open.states) == {State.completed}


@pytest.mark.parametrize(
    ("status", "enrolled"),
    [(Status.active, True), (Status.died, True), (Status.screen_failure, False)],
)
def test_screen_failures_are_not_enrolled(status: Status, enrolled: bool) -> None:
    assert is_enrolled(statuses((status, LONG_AGO)), at(INJECTION_ON, 9)) is enrolled
