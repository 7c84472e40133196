"""A participant says that something is wrong, by page or by text: what that writes."""

from __future__ import annotations

from typing import NamedTuple

from pro_service.domain.study.facts import AssessmentFacts, ParticipantFacts, VisitFacts
from pro_service.domain.study.follow_up.call_keys import UNWELL
from pro_service.domain.study.follow_up.unwell import checklist, last_occurrence, open_checklist
from pro_service.domain.study.protocol import UNWELL_VISIT, Protocol
from pro_service.domain.study.times import local_day, zone
from pro_service.store.answering.checklist import ChecklistVisitRow, ChecklistWrite
from pro_service.store.ids import new_id
from pro_service.store.writes import AssessmentRow, CallRow


class Unwell(NamedTuple):
    """What is written, and what then stands."""

    document: ChecklistWrite
    facts: ParticipantFacts
    """With the visit that is made, so that its questions can be asked at once."""
    visit: VisitFacts | None
    """The checklist to answer; None: there is none, and somebody rings."""


def plan_unwell(facts: ParticipantFacts, protocol: Protocol, actor: str) -> Unwell:
    """Open the checklist if none is open, and ask somebody to ring at once.

    The call hangs on the visit, so that answering it ends the call and leaves the alerts; without
    a checklist it hangs on none and stays until somebody rang.
    """
    document, visit = ChecklistWrite(), open_checklist(facts)
    if visit is None:
        visit = _new_visit(facts, protocol)
        if visit is not None:
            facts = facts.model_copy(update={"visits": (*facts.visits, visit)})
            _add_visit(document, visit, actor)
    document.calls.append(
        CallRow(
            id=new_id(),
            visit_id=None if visit is None else visit.id,
            reason=UNWELL,
            closes_at=None,
            actor=actor,
        )
    )
    return Unwell(document, facts, visit)


def _new_visit(facts: ParticipantFacts, protocol: Protocol) -> VisitFacts | None:
    asked = checklist(facts, protocol)
    if not asked:
        return None
    return VisitFacts(
        id=new_id(),
        definition=UNWELL_VISIT.id,
        occurrence=last_occurrence(facts) + 1,
        schedule_revision=1,
        provisional=False,
        opens_at=facts.now,
        target_on=local_day(facts.now, zone(facts.zone)),
        closes_at=None,
        assessments=tuple(
            AssessmentFacts(id=new_id(), instrument=instrument, target=target, answers=())
            for instrument, target in asked
        ),
    )


def _add_visit(document: ChecklistWrite, visit: VisitFacts, actor: str) -> None:
    document.visits.append(
        ChecklistVisitRow(
            id=visit.id, occurrence=visit.occurrence, target_on=visit.target_on, actor=actor
        )
    )
    document.assessments += [
        AssessmentRow(
            id=one.id,
            visit_id=visit.id,
            instrument=one.instrument,
            target=one.target,
            actor=actor,
        )
        for one in visit.assessments
    ]
