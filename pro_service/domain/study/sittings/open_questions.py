"""What is open to a participant at an assessment: derived here, for every way of answering.

Pages, texts, reminders, calls and the desk ask this module and decide nothing of it themselves:
whether questions are left, whether there is only sending left, or whether an old sitting has
outlived the time its questions ask about, so that they begin afresh (its instrument's span).

A sitting in which all is answered is open for ever to be sent: the span binds the answers, which
were given within it, and no later one may be put beside them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from pro_service.domain.instruments.model import Instrument
from pro_service.domain.instruments.numbers import Value
from pro_service.domain.study.assessments import is_open_question, opened_at, without_entries
from pro_service.domain.study.facts import (
    AnswerFacts,
    AssessmentFacts,
    ParticipantFacts,
    SittingHeld,
    VisitFacts,
)
from pro_service.domain.study.respondents import APART
from pro_service.domain.study.sittings.standing import (
    Due,
    SittingTimes,
    is_settled,
    sitting_facts,
    standing_sitting,
)
from pro_service.domain.study.times import zone


class OpenKind(StrEnum):
    """What is open."""

    nothing = "nothing"
    """It was sent in or declined."""
    questions = "questions"
    """Some questions want an answer, in the present sitting or the first one."""
    afresh = "afresh"
    """All questions want an answer again: those given are older than what is asked about."""
    unsent = "unsent"
    """All is answered, and is to be sent."""


class OpenNow(NamedTuple):
    """What is open at one assessment at one instant."""

    kind: OpenKind
    answered: Mapping[str, Value | None]
    """What stands answered in the present sitting, gaps as None; nothing where it begins afresh."""
    may_change: bool
    """Whether an answer may still be given or changed in the present sitting."""
    kept: int = 0
    """Values kept in the sitting whose span is over, where it begins afresh."""
    given_at: datetime | None = None
    """When the last answer of the sitting came that is kept, or to be sent."""


def is_in_window(visit: VisitFacts, now: datetime) -> bool:
    """Whether a visit takes answers: `now` in [opens_at, closes_at), and dated for good."""
    if visit.closes_at is not None and now >= visit.closes_at:
        return False  # As most visits are, late in a study.
    return now >= visit.opens_at and not visit.provisional


def sitting_goes_on(assessment: AssessmentFacts, instrument: Instrument, now: datetime) -> bool:
    """Whether the present sitting takes answers: within its span, and by whoever answers now."""
    attempt = assessment.attempt
    if attempt is None or attempt.taken_over:
        return False
    return now - attempt.started_at < timedelta(hours=instrument.attempt_span_hours)


def standing_answers(
    assessment: AssessmentFacts, instrument: Instrument, now: datetime
) -> dict[str, Value | None]:
    """What stands answered in the present sitting, gaps as None.

    Nothing once its span is over, unless it has only to be sent. Raises AnswersNotReadError where
    the facts were read without these answers.
    """
    settled = assessment.submitted_at is not None or assessment.is_unsent
    if not settled and not sitting_goes_on(assessment, instrument, now):
        return {}
    return {answer.item: answer.value for answer in assessment.read_answers}


def open_now(assessment: AssessmentFacts, instrument: Instrument, now: datetime) -> OpenNow:
    """What is open at an assessment; the caller has looked at the window of its visit.

    Raises AnswersNotReadError where the facts were read without these answers.
    """
    attempt, answered = assessment.attempt, standing_answers(assessment, instrument, now)
    goes_on = sitting_goes_on(assessment, instrument, now)
    if not is_open_question(assessment):
        return OpenNow(kind=OpenKind.nothing, answered=answered, may_change=goes_on)
    given_at = None if attempt is None else attempt.last_answer_at
    if assessment.is_unsent:
        return OpenNow(
            kind=OpenKind.unsent, answered=answered, may_change=goes_on, given_at=given_at
        )
    kept = 0
    if attempt is not None and not attempt.taken_over and not goes_on:
        kept = sum(one.value is not None for one in assessment.read_answers)
    if kept:
        return OpenNow(
            kind=OpenKind.afresh, answered={}, may_change=True, kept=kept, given_at=given_at
        )
    return OpenNow(kind=OpenKind.questions, answered=answered, may_change=True)


def with_open_sittings(
    facts: ParticipantFacts, instruments: Mapping[str, Instrument]
) -> ParticipantFacts:
    """The facts with the open sitting of every assessment found, and those marked that are settled.

    The store gives the sitting begun last. Where the sitting that stands by R3 is settled and was
    not sent, that one is open instead: a later one with less never takes its place. A sitting of
    its own (`APART`) is never open here (`without_entries`).
    """
    local = zone(facts.zone)
    visits = tuple(
        visit.model_copy(
            update={
                "asked": tuple(
                    _looked_at(one, visit, instruments, facts.now, local)
                    for one in visit.assessments
                )
            }
        )
        if any(one.attempt is not None for one in visit.asked or ())
        else visit
        for visit in facts.visits
    )
    return facts.model_copy(update={"visits": visits})


def _looked_at(
    assessment: AssessmentFacts,
    visit: VisitFacts,
    instruments: Mapping[str, Instrument],
    now: datetime,
    local: ZoneInfo,
) -> AssessmentFacts:
    assessment = without_entries(assessment)
    attempt, instrument = assessment.attempt, instruments.get(assessment.instrument)
    if attempt is None or instrument is None or not _may_matter(assessment):
        return assessment
    others = tuple(_marked(one, instrument) for one in assessment.others)
    if assessment.submitted_at is not None:
        return assessment.model_copy(update={"others": others})
    last = _marked(SittingHeld(attempt=attempt, answers=assessment.read_answers), instrument)
    found = assessment.model_copy(update={"attempt": last.attempt, "others": others})
    own = tuple(one for one in others if one.attempt.mode not in APART)
    if not own:
        return found
    closed = visit.closes_at is not None and visit.closes_at <= now
    stands = standing_sitting(
        (
            sitting_facts(_times(one), instrument, {each.item: each.value for each in one.answers})
            for one in (*own, last)
        ),
        Due(visit.target_on, local, visit.closes_at if closed else None),
    )
    for one in own:
        if stands is not None and one.attempt.id == stands.id and one.attempt.settled:
            return opened_at(found, one)
    if stands is not None and stands.id != last.attempt.id:
        # One that is not settled stands: there are questions left, whatever the last one is.
        loose = last.attempt.model_copy(update={"settled": False})
        return found.model_copy(update={"attempt": loose})
    return found


def _may_matter(assessment: AssessmentFacts) -> bool:
    """Whether it is told from its sittings what is open: not what was sent in, as a rule."""
    return assessment.submitted_at is None or assessment.passed_over


def _marked(one: SittingHeld, instrument: Instrument) -> SittingHeld:
    attempt = one.attempt.model_copy(update={"settled": _is_settled(one.answers, instrument)})
    return one.model_copy(update={"attempt": attempt})


def _is_settled(answers: tuple[AnswerFacts, ...], instrument: Instrument) -> bool:
    return is_settled(instrument, {one.item: one.value for one in answers})


def _times(one: SittingHeld) -> SittingTimes:
    attempt = one.attempt
    return SittingTimes(
        attempt.id,
        attempt.ordinal,
        attempt.started_at,
        attempt.submitted_at,
        attempt.last_answer_at,
    )
