"""The present sitting at an assessment: whether it goes on, and what stands answered in it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.instruments.model import Instrument
from pro_service.domain.study.facts import AssessmentFacts, ParticipantFacts, VisitFacts


class UnknownAssessmentError(ProServiceError):
    """The participant has no such assessment."""


def find_assessment(
    facts: ParticipantFacts, assessment_id: UUID
) -> tuple[VisitFacts, AssessmentFacts]:
    """The assessment and its visit. Raises UnknownAssessmentError."""
    for visit in facts.visits:
        for assessment in visit.assessments:
            if assessment.id == assessment_id:
                return visit, assessment
    raise UnknownAssessmentError


def sitting_goes_on(assessment: AssessmentFacts, instrument: Instrument, now: datetime) -> bool:
    """Whether the present attempt takes answers: within its span, and by whoever answers now."""
    attempt = assessment.attempt
    span = timedelta(hours=instrument.attempt_span_hours)
    if attempt is None or attempt.taken_over:
        return False
    return now - attempt.started_at < span


def standing_answers(
    assessment: AssessmentFacts, instrument: Instrument, now: datetime
) -> dict[str, int | None]:
    """What stands answered in the present attempt, gaps as None; nothing once its span is over.

    Raises AnswersNotReadError where the facts were read without these answers.
    """
    if assessment.submitted_at is None and not sitting_goes_on(assessment, instrument, now):
        return {}
    return {answer.item: answer.value for answer in assessment.read_answers}
