"""To which sitting what is typed belongs, and when it counts as sent."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pro_service.domain.study.assessments import opened_at
from pro_service.domain.study.entering.telling import EntryRefusal, EntryRefusedError
from pro_service.domain.study.facts import (
    AssessmentFacts,
    ParticipantFacts,
    SittingHeld,
    VisitFacts,
)
from pro_service.domain.study.respondents import ENTERED


def for_entry(
    facts: ParticipantFacts, assessment: UUID, sitting: UUID | None, told_at: datetime
) -> ParticipantFacts:
    """Return the facts as they are for what is typed in: the entry's own sitting is the open one.

    `sitting` is the entry that goes on; None: one begins, beside whatever the participant has begun
    by page or text, for ways of answering are never mixed in one sitting. Alerts, recall and
    windows are judged by when it was told (UTC), so that is `now` in them. Raises
    EntryRefusedError where the entry was sent in meanwhile.
    """
    visits = []
    for visit in facts.visits:
        asked = []
        for one in visit.assessments:
            if one.id == assessment:
                held = _held(one, sitting)
                asked.append(_beginning(one) if held is None else opened_at(one, held))
            else:
                asked.append(one)
        visits.append(visit.model_copy(update={"asked": tuple(asked)}))
    return facts.model_copy(update={"visits": tuple(visits), "now": told_at})


def as_sent(facts: ParticipantFacts, assessment: UUID, sitting: SittingHeld) -> ParticipantFacts:
    """Return the facts with a sitting that was sent in as the one that is answered, as at its time.

    For what is settled about it later: recall, windows and alerts are judged by when it was told
    (`started_at`, UTC), so that is `now` in them.
    """
    sent = {"submitted_at": sitting.attempt.submitted_at}
    visits = [
        visit.model_copy(
            update={
                "asked": tuple(
                    opened_at(one, sitting).model_copy(update=sent) if one.id == assessment else one
                    for one in visit.assessments
                )
            }
        )
        for visit in facts.visits
    ]
    return facts.model_copy(update={"visits": tuple(visits), "now": sitting.attempt.started_at})


def sent_when_told(
    visit: VisitFacts, assessment: AssessmentFacts, sitting: UUID, now: datetime
) -> bool:
    """Tell whether an entry counts as sent when it was told, and not only when it was typed.

    It does, but for one thing: which sitting is the record is chosen once, when the visit closes
    (R3). Where another one held an answer by then, that one stays, and what is typed in after it is
    sent late, like whatever else comes after closing.
    """
    if visit.closes_at is None or now < visit.closes_at:
        return True
    return not any(
        one.attempt.id != sitting
        and one.attempt.started_at < visit.closes_at
        and any(answer.value is not None for answer in one.answers)
        for one in _every(assessment)
    )


def _held(assessment: AssessmentFacts, sitting: UUID | None) -> SittingHeld | None:
    if sitting is None:
        return None
    for one in _every(assessment):
        attempt = one.attempt
        if attempt.id == sitting and attempt.mode in ENTERED and attempt.submitted_at is None:
            opened = attempt.model_copy(update={"taken_over": False})
            return one.model_copy(update={"attempt": opened})
    raise EntryRefusedError(EntryRefusal.settled)


def _every(assessment: AssessmentFacts) -> tuple[SittingHeld, ...]:
    if assessment.attempt is None:
        return assessment.others
    present = SittingHeld(attempt=assessment.attempt, answers=assessment.read_answers)
    return (*assessment.others, present)


def _beginning(assessment: AssessmentFacts) -> AssessmentFacts:
    if assessment.attempt is None:
        return assessment
    update = {"attempt": assessment.attempt.model_copy(update={"taken_over": True})}
    return assessment.model_copy(update=update)
