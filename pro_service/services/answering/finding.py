"""The assessment of an id, among a participant's facts."""

from __future__ import annotations

from collections.abc import Set
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.facts import (
    AssessmentFacts,
    ParticipantFacts,
    VisitFacts,
    VisitNotReadError,
)


class UnknownAssessmentError(ProServiceError):
    """The participant has no such assessment."""


def find_assessment(
    facts: ParticipantFacts, assessment_id: UUID
) -> tuple[VisitFacts, AssessmentFacts]:
    """The assessment and its visit.

    Raises UnknownAssessmentError; VisitNotReadError where it may be asked at a visit at rest.
    """
    for visit in facts.visits:
        for assessment in visit.asked or ():
            if assessment.id == assessment_id:
                return visit, assessment
    need_read(facts, {assessment_id})
    raise UnknownAssessmentError


def need_read(facts: ParticipantFacts, assessments: Set[UUID]) -> None:
    """Make sure that what is not found of these is not there.

    Raises VisitNotReadError where it may be asked at a visit at rest.
    """
    read = {one.id for visit in facts.visits for one in visit.asked or ()}
    if assessments - read and any(visit.asked is None for visit in facts.visits):
        raise VisitNotReadError
