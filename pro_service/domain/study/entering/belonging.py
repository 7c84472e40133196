"""Where a sitting that was sent belongs: another knee, visit or participant (rule R13).

It needs evidence, and is checked by a second person (R15). Window and recall are judged by when it
was answered: a visit that had not opened then cannot have been meant. What was sent at the other
knee of the same visit changes places with it, for two knees are mixed up together; at another visit
nothing may have been sent. Nor may it where another participant was asked the same: spouses share a
telephone, or the wrong card was taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from pro_service.domain.study.entering.correcting import CorrectionRefusal, CorrectionRefusedError
from pro_service.domain.study.facts import AssessmentFacts, ParticipantFacts, Target, VisitFacts


class PlaceName(NamedTuple):
    """A visit and a knee, or the person, as a form names them."""

    definition: str
    occurrence: int
    target: Target


class Belonging(NamedTuple):
    """A sitting that was sent, and where it belongs."""

    visit: VisitFacts
    assessment: AssessmentFacts
    to_visit: VisitFacts
    to_assessment: AssessmentFacts

    @property
    def changes_places(self) -> bool:
        """Whether what was sent there belongs here."""
        return self.to_assessment.submitted_at is not None

    def is_of_one(self, facts: ParticipantFacts) -> bool:
        """Tell whether both places are of the participant of these facts."""
        return any(visit.id == self.to_visit.id for visit in facts.visits)


def places_of(facts: ParticipantFacts) -> Iterator[PlaceName]:
    """Yield where answers may belong: every knee, or the person, of visits that have opened."""
    for visit in facts.visits:
        if not visit.provisional and visit.opens_at <= facts.now:
            for target in dict.fromkeys(one.target for one in visit.assessments):
                yield PlaceName(visit.definition, visit.occurrence, target)


def check_belonging(
    visit: VisitFacts,
    assessment: AssessmentFacts,
    facts: ParticipantFacts,
    to: PlaceName,
    answered_at: datetime,
) -> Belonging:
    """Return the sitting sent at an assessment, and where it belongs.

    `facts` are of whoever it belongs to. `answered_at` is when its last answer was given, as
    claimed (UTC).
    Raises CorrectionRefusedError.
    """
    if assessment.submitted_at is None:
        raise CorrectionRefusedError(CorrectionRefusal.not_sent)
    found = next(
        (
            (there, one)
            for there in facts.visits
            if (there.definition, there.occurrence) == to[:2] and not there.provisional
            for one in there.assessments
            if (one.instrument, one.target) == (assessment.instrument, to.target)
        ),
        None,
    )
    if found is None:
        raise CorrectionRefusedError(CorrectionRefusal.not_asked)
    there, one = found
    if one.id == assessment.id:
        raise CorrectionRefusedError(CorrectionRefusal.same_place)
    if answered_at < there.opens_at:
        raise CorrectionRefusedError(CorrectionRefusal.not_open)
    if there.id != visit.id and one.submitted_at is not None:
        raise CorrectionRefusedError(CorrectionRefusal.taken)
    return Belonging(visit, assessment, there, one)
