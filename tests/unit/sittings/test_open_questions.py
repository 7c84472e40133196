"""What is open at an assessment, for every way of answering: derived in one place."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from pro_service.catalog.instrument_files import load_instruments
from pro_service.domain.study.assessments import (
    AssessmentState,
    assessment_state,
    has_only_to_send,
    taken_over_by,
)
from pro_service.domain.study.facts import (
    AnswerFacts,
    AssessmentFacts,
    AttemptFacts,
    ParticipantFacts,
    SittingHeld,
    Status,
    VisitFacts,
)
from pro_service.domain.study.respondents import SELF, Respondent
from pro_service.domain.study.sittings.open_questions import OpenKind, open_now, with_open_sittings
from pro_service.domain.study.statuses import Standing
from tests.unit.study.study_makers import (
    INJECTION_ON,
    at,
    injection,
    participant,
    plan,
    uuid,
    visit,
)

INSTRUMENTS = load_instruments()
WOMAC = INSTRUMENTS["womac-nrs-3.1"]
ITEMS = [item.code for item in WOMAC.items]
WEEK_2 = visit(plan([injection(occurred_at=at(INJECTION_ON, 10))])["week_2"])
NOW = WEEK_2.opens_at + timedelta(days=2)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SPOUSE = Respondent(kind="proxy", relation="spouse")
ACTIVE = Standing(status=Status.active, may_message=True, may_answer=True)


def answers(items: list[str], value: int | None = 4) -> tuple[AnswerFacts, ...]:
    return tuple(
        AnswerFacts(
            item=item,
            value=value,
            gap="skipped" if value is None else None,
            response_id=uuid(n),
            received_at=NOW,
        )
        for n, item in enumerate(items, start=1)
    )


def sat(ordinal: int, ago: timedelta, items: list[str], **changes: Any) -> SittingHeld:
    """A sitting begun so long before `NOW`, with these items answered."""
    attempt = AttemptFacts(
        id=uuid(500 + ordinal),
        ordinal=ordinal,
        mode=changes.pop("mode", "web"),
        started_at=NOW - ago,
        last_answer_at=NOW - ago,
        submitted_at=None,
        **changes,
    )
    return SittingHeld(attempt=attempt, answers=answers(items))


def with_sittings(*sittings: SittingHeld) -> ParticipantFacts:
    """Facts as the store gives them: the last sitting, and the others beside it."""
    *others, last = sittings
    update = {"attempt": last.attempt, "answers": last.answers, "others": tuple(others)}
    asked = WEEK_2.assessments[0].model_copy(update=update)
    rest = tuple(
        one.model_copy(update={"submitted_at": NOW - HOUR}) for one in WEEK_2.assessments[1:]
    )
    facts = participant(
        [WEEK_2.model_copy(update={"asked": (asked, *rest)})],
        now=NOW,
        events=(injection(occurred_at=at(INJECTION_ON, 10)),),
    )
    return with_open_sittings(facts, INSTRUMENTS)


def asked_of(facts: ParticipantFacts) -> AssessmentFacts:
    return facts.visits[0].assessments[0]


def kind_of(facts: ParticipantFacts) -> OpenKind:
    return open_now(asked_of(facts), WOMAC, facts.now).kind


def test_nothing_begun_is_questions() -> None:
    found = open_now(WEEK_2.assessments[0], WOMAC, NOW)
    assert (found.kind, found.answered, found.may_change) == (OpenKind.questions, {}, True)


def test_within_the_span_what_is_answered_stands_and_the_rest_is_asked() -> None:
    facts = with_sittings(sat(1, HOUR, ITEMS[:13]))
    found = open_now(asked_of(facts), WOMAC, NOW)
    assert (found.kind, len(found.answered)) == (OpenKind.questions, 13)


def test_after_the_span_it_begins_afresh_and_says_what_was_kept_and_when() -> None:
    """S3: 13 answers on day 0, opened again on day 5."""
    facts = with_sittings(sat(1, 5 * DAY, ITEMS[:13]))
    found = open_now(asked_of(facts), WOMAC, NOW)
    assert (found.kind, found.answered, found.kept) == (OpenKind.afresh, {}, 13)
    assert found.given_at == NOW - 5 * DAY


def test_gaps_alone_are_nothing_that_was_kept() -> None:
    held = SittingHeld(attempt=sat(1, 5 * DAY, []).attempt, answers=answers(ITEMS[:5], value=None))
    assert kind_of(with_sittings(held)) is OpenKind.questions


@pytest.mark.parametrize(("ago", "may_change"), [(HOUR, True), (5 * DAY, False)])
def test_what_is_all_answered_is_to_be_sent_however_old(ago: timedelta, may_change: bool) -> None:
    """S2: after the span it may be sent, and changed no more."""
    facts = with_sittings(sat(1, ago, ITEMS))
    found = open_now(asked_of(facts), WOMAC, NOW)
    assert (found.kind, len(found.answered)) == (OpenKind.unsent, len(ITEMS))
    assert found.may_change is may_change
    assert has_only_to_send(facts.visits)


def test_left_open_on_purpose_counts_as_asked_but_not_all_of_it() -> None:
    some = (*answers(ITEMS[:-1]), *answers(ITEMS[-1:], value=None))
    none = answers(ITEMS, value=None)
    attempt = sat(1, HOUR, []).attempt
    assert kind_of(with_sittings(SittingHeld(attempt=attempt, answers=some))) is OpenKind.unsent
    assert kind_of(with_sittings(SittingHeld(attempt=attempt, answers=none))) is OpenKind.questions


def test_a_later_sitting_with_less_hides_nothing() -> None:
    """S1: all answered on pages; days later one number by text."""
    facts = with_sittings(sat(1, 3 * DAY, ITEMS), sat(2, HOUR, ITEMS[:1], mode="text"))
    asked = asked_of(facts)
    assert asked.attempt is not None
    assert (asked.attempt.ordinal, kind_of(facts), asked.last_ordinal) == (1, OpenKind.unsent, 2)


def test_a_later_sitting_with_more_takes_the_place_of_one_left_unfinished() -> None:
    facts = with_sittings(sat(1, 3 * DAY, ITEMS[:5]), sat(2, HOUR, ITEMS))
    asked = asked_of(facts)
    assert asked.attempt is not None
    assert (asked.attempt.ordinal, kind_of(facts)) == (2, OpenKind.unsent)


def test_a_proxy_by_text_goes_on_with_their_own_and_sends_nobody_elses() -> None:
    """R25: two people's answers are never one sitting, and nobody sends for another."""
    theirs = {"respondent": "proxy", "respondent_relation": "spouse", "mode": "text"}
    facts = with_sittings(sat(1, 2 * HOUR, ITEMS), sat(2, HOUR, ITEMS[:3], **theirs))
    assert kind_of(facts) is OpenKind.unsent
    seen = taken_over_by(facts, SPOUSE)
    attempt = asked_of(seen).attempt
    assert attempt is not None
    assert (attempt.ordinal, kind_of(seen)) == (2, OpenKind.questions)
    assert len(open_now(asked_of(seen), WOMAC, NOW).answered) == 3
    assert kind_of(taken_over_by(facts, SELF)) is OpenKind.unsent
    alone = taken_over_by(with_sittings(sat(1, HOUR, ITEMS)), SPOUSE)
    assert (kind_of(alone), asked_of(alone).is_unsent) == (OpenKind.questions, False)


@pytest.mark.parametrize("field", ["submitted_at", "declined_at"])
def test_what_was_sent_or_declined_is_open_no_more(field: str) -> None:
    asked = asked_of(with_sittings(sat(1, HOUR, ITEMS))).model_copy(update={field: NOW})
    assert open_now(asked, WOMAC, NOW).kind is OpenKind.nothing
    assert not asked.is_unsent


@pytest.mark.parametrize(
    ("when", "state"),
    [
        (NOW, AssessmentState.unsent),
        (WEEK_2.closes_at, AssessmentState.unsent),
    ],
)
def test_unsent_is_a_state_in_the_window_and_after_it(
    when: datetime, state: AssessmentState
) -> None:
    progress = asked_of(with_sittings(sat(1, HOUR, ITEMS))).progress
    assert assessment_state(WEEK_2.window, progress, ACTIVE, when) is state
    ended = Standing(
        status=Status.withdrew_follow_up,
        may_message=False,
        may_answer=False,
        ended_at=NOW - HOUR,
    )
    assert assessment_state(WEEK_2.window, progress, ended, when) is state


def test_the_desk_is_told_the_same_by_numbers_alone() -> None:
    facts = with_sittings(sat(1, HOUR, ITEMS[:-1]))
    one: VisitFacts = facts.visits[0]
    assert not has_only_to_send([one])
    progress = asked_of(facts).progress
    assert (progress.begun, progress.answered, progress.settled) == (True, True, False)
