"""Where answers may belong: opened when they were given, asked there, and free or exchanged."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from pro_service.domain.study.entering import (
    CorrectionRefusedError,
    PlaceName,
    check_belonging,
    places_of,
)
from pro_service.domain.study.facts import AssessmentFacts, ParticipantFacts, Target, VisitFacts
from tests.unit.study.study_makers import participant

OPENED = datetime(2026, 3, 2, tzinfo=UTC)
SENT = OPENED + timedelta(days=1)
LATER = OPENED + timedelta(days=7)


def asked(number: int, target: Target, *, sent: bool, instrument: str = "nrs") -> AssessmentFacts:
    return AssessmentFacts(
        id=UUID(int=number),
        instrument=instrument,
        target=target,
        submitted_at=SENT if sent else None,
        answers=None if sent else (),
    )


def visit(name: str, opens_at: datetime, *assessments: AssessmentFacts) -> VisitFacts:
    return VisitFacts(
        id=UUID(int=100 + len(name)),
        definition=name,
        schedule_revision=1,
        provisional=False,
        opens_at=opens_at,
        target_on=date(2026, 3, 3),
        closes_at=opens_at + timedelta(days=14),
        assessments=assessments,
    )


def facts(*visits: VisitFacts) -> ParticipantFacts:
    return participant(visits, now=LATER + timedelta(days=1))


FIRST = visit("week_1", OPENED, asked(1, "left_knee", sent=True), asked(2, "right_knee", sent=True))
SECOND = visit(
    "month_1", LATER, asked(3, "left_knee", sent=True), asked(4, "right_knee", sent=False)
)


def why(place: PlaceName, answered_at: datetime = SENT) -> str:
    with pytest.raises(CorrectionRefusedError) as refused:
        check_belonging(FIRST, FIRST.assessments[0], facts(FIRST, SECOND), place, answered_at)
    return refused.value.why


def test_two_knees_of_a_visit_change_places_and_a_free_one_is_taken() -> None:
    both = facts(FIRST, SECOND)
    there = PlaceName("week_1", 1, "right_knee")
    found = check_belonging(FIRST, FIRST.assessments[0], both, there, SENT)
    assert (found.to_assessment.id, found.changes_places) == (UUID(int=2), True)
    there = PlaceName("month_1", 1, "right_knee")
    found = check_belonging(FIRST, FIRST.assessments[0], both, there, LATER)
    assert (found.to_visit.definition, found.changes_places) == ("month_1", False)


@pytest.mark.parametrize(
    ("place", "answered_at", "reason"),
    [
        (PlaceName("week_1", 1, "left_knee"), SENT, "same_place"),
        (PlaceName("week_1", 1, "person"), SENT, "not_asked"),
        (PlaceName("week_1", 2, "right_knee"), SENT, "not_asked"),
        (PlaceName("month_1", 1, "right_knee"), LATER - timedelta(seconds=1), "not_open"),
        (PlaceName("month_1", 1, "left_knee"), LATER, "taken"),
    ],
)
def test_what_cannot_be_says_why(place: PlaceName, answered_at: datetime, reason: str) -> None:
    assert why(place, answered_at) == reason


def test_only_what_was_sent_belongs_anywhere() -> None:
    with pytest.raises(CorrectionRefusedError) as refused:
        check_belonging(
            SECOND,
            SECOND.assessments[1],
            facts(FIRST, SECOND),
            PlaceName("week_1", 1, "right_knee"),
            LATER,
        )
    assert refused.value.why == "not_sent"


def test_places_are_those_of_visits_that_have_opened() -> None:
    coming = visit("later", LATER + timedelta(days=30), asked(9, "left_knee", sent=False))
    named = {one.definition for one in places_of(facts(FIRST, SECOND, coming))}
    assert named == {"week_1", "month_1"}
