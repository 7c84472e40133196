"""Why a visit was not answered in its window, and what brought an answer: one reason each."""

from __future__ import annotations

import pytest

from pro_service.domain.study.assessments import AssessmentState as State
from pro_service.domain.study.facts import Status
from pro_service.domain.study.missing.helped import Brings, Brought, brought_by
from pro_service.domain.study.missing.reasons import MissedVisit, Reason, Why, why_missing

SILENT = MissedVisit(
    states=frozenset({State.missed}),
    status=Status.active,
    begun=False,
    called=None,
    texts=2,
    arrived=True,
    held_back=None,
)
"""Somebody who was asked, got it, and did nothing."""


def missed(*states: State, **what: object) -> Why:
    """Why, where it is so; else as of whoever kept silent."""
    given = {"states": frozenset(states or (State.missed,)), **what}
    return why_missing(SILENT._replace(**given))


@pytest.mark.parametrize(
    ("states", "reason"),
    [
        ({State.late}, Reason.late),
        ({State.late, State.completed}, Reason.late),
        ({State.late, State.not_applicable}, Reason.late),
        ({State.declined}, Reason.declined),
        ({State.declined, State.missed}, Reason.declined),
        ({State.declined, State.completed}, Reason.declined),
        ({State.unsent}, Reason.unsent),
        ({State.unsent, State.completed}, Reason.unsent),
        ({State.unsent, State.missed}, Reason.partial),
        ({State.partial}, Reason.partial),
        ({State.missed, State.completed}, Reason.partial),
        ({State.missed, State.late}, Reason.partial),
        ({State.missed}, Reason.silent),
        ({State.missed, State.not_applicable}, Reason.silent),
    ],
)
def test_the_states_of_what_was_asked_say_most(states: set[State], reason: Reason) -> None:
    assert missed(*states).reason is reason


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (Status.died, Reason.died),
        (Status.withdrew_follow_up, Reason.withdrew),
        (Status.withdrew_data_use, Reason.withdrew),
        (Status.stopped_questionnaires, Reason.withdrew),
        (Status.screen_failure, Reason.withdrew),
        (Status.lost, Reason.lost),
        (Status.paused, Reason.paused),
        (Status.active, Reason.silent),
        (Status.stopped_treatment, Reason.silent),
        (Status.screened, Reason.silent),
        (Status.completed, Reason.silent),
        (None, Reason.silent),
    ],
)
def test_where_somebody_stood_comes_before_what_was_sent(
    status: Status | None, reason: Reason
) -> None:
    assert missed(status=status).reason is reason
    assert missed(status=status, texts=0, begun=True).reason in (reason, Reason.opened)
    # What they said themselves about this time stands.
    assert missed(State.declined, status=status).reason is Reason.declined


def test_what_was_opened_and_what_a_call_said_come_before_the_texts() -> None:
    assert missed(begun=True, called="no_answer") == Why(Reason.opened)
    assert missed(called="no_answer") == Why(Reason.told_staff, "no_answer")
    assert missed(called="hospital", texts=0) == Why(Reason.told_staff, "hospital")
    # After these an answer was still to come, or they tell nothing.
    for outcome in ("reached", "answers_now", "will_answer", "not_needed", "other"):
        assert missed(called=outcome) == Why(Reason.silent)


def test_of_texts_it_is_said_that_none_went_and_why_or_that_none_arrived() -> None:
    assert missed(texts=0, held_back="opted_out") == Why(Reason.not_sent, "opted_out")
    assert missed(texts=0, held_back="rescheduled") == Why(Reason.not_sent)
    assert missed(texts=0) == Why(Reason.not_sent)
    assert missed(texts=1, arrived=False, held_back="budget") == Why(Reason.not_delivered)
    assert missed(texts=1, held_back="budget") == Why(Reason.silent)


def test_the_last_thing_done_before_an_answer_brought_it() -> None:
    assert brought_by("web", 0, called_since=False) == Brought(Brings.alone)
    assert brought_by("web", 2, called_since=False) == Brought(Brings.text, 2)
    assert brought_by("text", 1, called_since=False) == Brought(Brings.text, 1)
    assert brought_by("web", 2, called_since=True) == Brought(Brings.call)
    assert brought_by("telephone", 3, called_since=False) == Brought(Brings.call)
