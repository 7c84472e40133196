"""Asking now what is due, instead of waiting for the next reminder: at staff's wish.

The nudge that waits is brought forward, or one more is planned where none is left; the same
judgement then says whether a text goes at once, when else, or why none does. Whatever holds back
a reminder (quiet hours, the gap between texts, limits, consent, opt-outs) holds back this one.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid5

from pro_service.domain.errors import ProServiceError
from pro_service.domain.record import Record
from pro_service.domain.study.assessments import owes_answers
from pro_service.domain.study.facts import ParticipantFacts, ReminderFacts, VisitFacts
from pro_service.domain.study.nudges import profile_of
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.reminders import judge


class AskRefusedError(ProServiceError):
    """Nothing is sent now: no text about what is due may go to this participant."""


class AskedVisit(Record):
    """One visit that is asked about: the nudge that moves, or the number of one more."""

    visit_id: UUID
    schedule_revision: int
    due_at: datetime
    """When the text may go (UTC): the instant of asking, or when what holds it back ends."""
    moves: UUID | None = None
    adds: int | None = None


class AskingNow(Record):
    """What asking now leads to."""

    visits: tuple[AskedVisit, ...]
    goes_at: datetime
    """When the first text goes (UTC), unless something forbids it until then."""
    at_once: bool
    """Whether that is now."""


def plan_asking_now(facts: ParticipantFacts, protocol: Protocol) -> AskingNow:
    """Return what brings everything due forward to `facts.now`; the facts are whole.

    Raises AskRefusedError, its `word` that of what forbids it ("nothing": nothing is due).
    """
    open_visits = [one for one in facts.visits if _is_open(one, protocol, facts.now)]
    if not open_visits:
        raise _refused("nothing")
    brought = {one.id: _brought_forward(one, facts.now) for one in open_visits}
    after = facts.model_copy(
        update={"visits": tuple(brought.get(one.id, one) for one in facts.visits)}
    )
    judgement = judge(after, protocol, facts.now)
    when = dict.fromkeys(judgement.together, facts.now)
    when |= {one.reminder_id: one.due_at for one in judgement.postponed}
    asked = [
        asked
        for visit in open_visits
        if (asked := _asked(visit, brought[visit.id], when)) is not None
    ]
    if not asked:
        reasons = [one.reason for one in judgement.ended if one.visit_id in brought]
        raise _refused(str(reasons[0]) if reasons else "nothing")
    goes_at = min(one.due_at for one in asked)
    return AskingNow(visits=tuple(asked), goes_at=goes_at, at_once=goes_at <= facts.now)


def _refused(why: str) -> AskRefusedError:
    said = "nothing is due" if why == "nothing" else why.replace("_", " ")
    return AskRefusedError(mend=f"The reason: {said}.", word=why)


def _is_open(visit: VisitFacts, protocol: Protocol, now: datetime) -> bool:
    """Whether it takes answers now, owes some, and is one that is written about."""
    inside = visit.opens_at <= now and (visit.closes_at is None or now < visit.closes_at)
    asked = profile_of(visit, protocol) != "none" and not visit.provisional
    return inside and asked and owes_answers(visit)


def _brought_forward(visit: VisitFacts, now: datetime) -> VisitFacts:
    """The visit with a nudge that is due now: the one that waits, or one more."""
    gone = tuple(one for one in visit.reminders if one.ended_at is not None)
    waiting = next((one for one in visit.reminders if one.ended_at is None), None)
    if waiting is None:
        ordinal = max((one.ordinal for one in gone), default=0) + 1
        added = ReminderFacts(id=_id_of(visit, ordinal), ordinal=ordinal, due_at=now)
        return visit.model_copy(update={"nudged": (*gone, added)})
    return visit.model_copy(
        update={"nudged": (*gone, waiting.model_copy(update={"due_at": min(waiting.due_at, now)}))}
    )


def _id_of(visit: VisitFacts, ordinal: int) -> UUID:
    """A name for a nudge that is not written yet, the same whenever it is asked."""
    return uuid5(visit.id, str(ordinal))


def _asked(visit: VisitFacts, brought: VisitFacts, when: dict[UUID, datetime]) -> AskedVisit | None:
    nudge = next(one for one in brought.reminders if one.ended_at is None)
    due_at = when.get(nudge.id)
    if due_at is None:
        return None
    known = any(one.id == nudge.id for one in visit.reminders)
    return AskedVisit(
        visit_id=visit.id,
        schedule_revision=visit.schedule_revision,
        due_at=due_at,
        moves=nudge.id if known else None,
        adds=None if known else nudge.ordinal,
    )
