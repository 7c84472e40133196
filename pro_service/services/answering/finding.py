"""The assessment of an id, among a participant's facts."""

from __future__ import annotations

from uuid import UUID

from pro_service.domain.errors import ProServiceError
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
