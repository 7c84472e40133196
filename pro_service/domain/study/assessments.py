"""In which state an assessment is: derived from facts and study time, never stored."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pro_service.domain.study.facts import AssessmentFacts, VisitFacts
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
    missed = "missed"
    """The window closed, or asking ended inside it, and nothing was answered."""
    partial = "partial"
    """The window closed, or asking ended inside it, with some items answered."""


def anything_answered(assessment: AssessmentFacts) -> bool:
    """Tell whether any item has a value; gaps alone (skipped, refused ...) are no answer."""
    return any(answer.value is not None for answer in assessment.answers)


def is_open_question(assessment: AssessmentFacts) -> bool:
    """Tell whether the participant still owes this: neither submitted nor declined."""
    return assessment.submitted_at is None and assessment.declined_at is None


def owes_answers(visit: VisitFacts) -> bool:
    """Tell whether anything asked at the visit is neither submitted nor declined."""
    return any(is_open_question(assessment) for assessment in visit.assessments)


def assessment_state(
    visit: VisitFacts, assessment: AssessmentFacts, standing: Standing, now: datetime
) -> AssessmentState:
    """Return the state at `now`; `standing` is the participant's at the same instant."""
    if assessment.submitted_at is not None:
        if visit.closes_at is not None and assessment.submitted_at >= visit.closes_at:
            return AssessmentState.late
        return AssessmentState.completed
    if assessment.declined_at is not None:
        return AssessmentState.declined
    ended_at = standing.ended_at
    if ended_at is not None and (visit.provisional or ended_at <= visit.opens_at):
        return AssessmentState.not_applicable
    if visit.provisional or now < visit.opens_at:
        return AssessmentState.not_yet_due
    if ended_at is None and (visit.closes_at is None or now < visit.closes_at):
        begun = assessment.attempt is not None or bool(assessment.answers)
        return AssessmentState.started if begun else AssessmentState.due
    if anything_answered(assessment):
        return AssessmentState.partial
    return AssessmentState.missed
