"""In which state an assessment is: derived from facts and study time, never stored."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pro_service.domain.study.facts import AssessmentFacts, Progress, VisitFacts, Window
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


def is_open_question(assessment: AssessmentFacts) -> bool:
    """Tell whether the participant still owes this: neither submitted nor declined."""
    return assessment.submitted_at is None and assessment.declined_at is None


def owes_answers(visit: VisitFacts) -> bool:
    """Tell whether anything asked at the visit is neither submitted nor declined."""
    return any(is_open_question(assessment) for assessment in visit.assessments)


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
    if ended_at is None and (window.closes_at is None or now < window.closes_at):
        return AssessmentState.started if progress.begun else AssessmentState.due
    return AssessmentState.partial if progress.answered else AssessmentState.missed
