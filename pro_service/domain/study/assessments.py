"""In which state an assessment is: derived from facts and study time, never stored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

from pro_service.domain.study.facts import (
    AssessmentFacts,
    AttemptFacts,
    ParticipantFacts,
    SittingHeld,
    VisitFacts,
    Window,
)
from pro_service.domain.study.respondents import APART, Respondent
from pro_service.domain.study.sittings.progress import Progress
from pro_service.domain.study.statuses import Standing


class AssessmentState(StrEnum):
    """The states, in the order they are tested."""

    completed = "completed"
    """Submitted inside the window."""
    late = "late"
    """Submitted after the window had closed; counted apart."""
    declined = "declined"
    """The participant chose not to answer this time."""
    not_applicable = "not_applicable"
    """Asking had ended (screen failure, withdrawal, death) before the visit opened."""
    not_yet_due = "not_yet_due"
    """The window has not opened, or the visit hangs on an event that has not happened."""
    due = "due"
    """The window is open and nothing has been begun."""
    started = "started"
    """The window is open and an attempt has been begun."""
    unsent = "unsent"
    """All that was asked is answered and was not sent, in the window or when it closed."""
    missed = "missed"
    """The window closed, or asking ended inside it, and nothing was answered."""
    partial = "partial"
    """The window closed, or asking ended inside it, with some items answered."""


_ANSWERED: Final = frozenset({AssessmentState.completed, AssessmentState.late})
_MOST_PRESSING: Final = (
    AssessmentState.started,
    AssessmentState.due,
    AssessmentState.unsent,
    AssessmentState.partial,
    AssessmentState.missed,
    AssessmentState.late,
    AssessmentState.completed,
    AssessmentState.declined,
    AssessmentState.not_yet_due,
    AssessmentState.not_applicable,
)


def taken_together(states: Sequence[AssessmentState]) -> AssessmentState:
    """One word for a visit that asks something, the same wherever visits are named: what is still
    open first; some answered and some missed is partial."""
    found = set(states)
    if len(found) == 1:
        return states[0]
    if found & {AssessmentState.due, AssessmentState.started}:
        begun = found & {*_ANSWERED, AssessmentState.started, AssessmentState.unsent}
        return AssessmentState.started if begun else AssessmentState.due
    if AssessmentState.missed in found and found & {*_ANSWERED, AssessmentState.unsent}:
        return AssessmentState.partial
    return next(state for state in _MOST_PRESSING if state in found)


def is_open_question(assessment: AssessmentFacts) -> bool:
    """Tell whether the participant still owes this: neither submitted nor declined."""
    return assessment.submitted_at is None and assessment.declined_at is None


def owes_answers(visit: VisitFacts) -> bool:
    """Tell whether anything asked at the visit is neither submitted nor declined."""
    return visit.owes_anything


def has_only_to_send(visits: Iterable[VisitFacts]) -> bool:
    """Tell whether all that is owed at these visits is answered, and only sending is left."""
    owed = [one for visit in visits for one in visit.assessments if is_open_question(one)]
    return bool(owed) and all(one.is_unsent for one in owed)


def assessment_state(
    window: Window, progress: Progress, standing: Standing, now: datetime
) -> AssessmentState:
    """Return the state at `now`; `standing` is the participant's at the same instant."""
    if progress.submitted_at is not None:
        if window.closes_at is not None and progress.submitted_at >= window.closes_at:
            return AssessmentState.late
        return AssessmentState.completed
    if progress.declined_at is not None:
        return AssessmentState.declined
    ended_at = standing.ended_at
    if ended_at is not None and (window.provisional or ended_at <= window.opens_at):
        return AssessmentState.not_applicable
    if window.provisional or now < window.opens_at:
        return AssessmentState.not_yet_due
    if progress.settled:
        return AssessmentState.unsent
    if ended_at is None and (window.closes_at is None or now < window.closes_at):
        return AssessmentState.started if progress.begun else AssessmentState.due
    return AssessmentState.partial if progress.answered else AssessmentState.missed


def taken_over_by(facts: ParticipantFacts, who: Respondent) -> ParticipantFacts:
    """The facts as they are for whoever answers by text: what others had begun is not theirs.

    Somebody who answers on behalf of a participant, from a telephone of their own, never goes on
    with what the participant or another proxy began; nor the participant with what such a text
    began (R25, and R3: two people's answers are never one sitting). On a page whoever answers
    says so.
    """
    begun = [one for visit in facts.visits for one in visit.asked or () if one.attempt is not None]
    if not any(_is_not_theirs(one, who) for one in begun):
        return facts
    visits = tuple(
        visit
        if visit.asked is None
        else visit.model_copy(update={"asked": tuple(_seen_by(one, who) for one in visit.asked)})
        for visit in facts.visits
    )
    return facts.model_copy(update={"visits": visits})


def _is_not_theirs(assessment: AssessmentFacts, who: Respondent) -> bool:
    attempt = assessment.attempt
    return attempt is not None and assessment.submitted_at is None and _is_others(attempt, who)


def _seen_by(assessment: AssessmentFacts, who: Respondent) -> AssessmentFacts:
    attempt = assessment.attempt
    if attempt is None or not _is_not_theirs(assessment, who):
        return assessment
    own = [one for one in assessment.others if not _is_others(one.attempt, who)]
    if own:
        # Their own goes on: what another has begun or answered meanwhile is not put in its place.
        mine = max(own, key=lambda one: (one.attempt.settled, one.attempt.ordinal))
        return opened_at(assessment, mine)
    update = {"attempt": attempt.model_copy(update={"taken_over": True})}
    return assessment.model_copy(update=update)


def opened_at(assessment: AssessmentFacts, sitting: SittingHeld) -> AssessmentFacts:
    """The assessment with another of its sittings as the open one."""
    others = [one for one in assessment.others if one.attempt.id != sitting.attempt.id]
    if assessment.attempt is not None and assessment.attempt.id != sitting.attempt.id:
        held = SittingHeld(attempt=assessment.attempt, answers=assessment.read_answers)
        others.append(held)
    update = {"attempt": sitting.attempt, "answers": sitting.answers, "others": tuple(others)}
    return assessment.model_copy(update=update)


def without_entries(assessment: AssessmentFacts) -> AssessmentFacts:
    """The assessment with the last sitting open that the participant gave by page or text.

    What staff type in, or what is answered on a tablet handed over, is a sitting of its own, so
    that ways of answering are never mixed in one: a page or text that comes meanwhile goes on with
    what was begun by page or text, or begins anew.
    """
    attempt = assessment.attempt
    if attempt is None or attempt.submitted_at is not None or attempt.mode not in APART:
        return assessment
    own = [
        one
        for one in assessment.others
        if one.attempt.mode not in APART and one.attempt.submitted_at is None
    ]
    if own:
        return opened_at(assessment, max(own, key=lambda one: one.attempt.ordinal))
    update = {"attempt": attempt.model_copy(update={"taken_over": True})}
    return assessment.model_copy(update=update)


def _is_others(attempt: AttemptFacts, who: Respondent) -> bool:
    if attempt.mode in APART:
        return True
    if who.kind == "proxy":
        return (attempt.respondent, attempt.respondent_relation) != (who.kind, who.relation)
    return attempt.mode == "text" and attempt.respondent == "proxy"
