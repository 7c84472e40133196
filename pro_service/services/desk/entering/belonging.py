"""That answers which were sent belong elsewhere: asked for with evidence, checked by a second."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from pro_service.domain.study.entering import (
    Belonging,
    CorrectionKind,
    CorrectionRefusal,
    CorrectionRefusedError,
    PlaceName,
    check_belonging,
    may_decide,
)
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.permissions import Action
from pro_service.domain.study.protocol import Protocol
from pro_service.services.answering import find_assessment
from pro_service.services.base.notes import note_about
from pro_service.services.base.turns import Plan, Who, Write, one_after_the_other, turn, writing
from pro_service.services.desk.actions import Hands, find_place
from pro_service.services.desk.entering.carrying import Mover, carry
from pro_service.services.desk.entering.heads import DecidesAloneError
from pro_service.services.desk.seat import AlreadyDoneError, DoneBefore, NotHereError, said, signed
from pro_service.services.record import demand_unlocked
from pro_service.store.desk import corrections as store
from pro_service.store.desk import sittings
from pro_service.store.desk.sittings import MoveAsked
from pro_service.store.ids import new_id


class MoveWish(NamedTuple):
    """Which answers belong elsewhere, where, and what shows it, in words."""

    assessment_id: UUID
    to: PlaceName
    evidence: str


async def ask_move(hands: Hands, code: str, wish: MoveWish) -> None:
    """Keep a request that what was sent at an assessment belongs elsewhere.

    Raises NotHereError, NotAllowedError, ReasonMissingError, CorrectionRefusedError.
    """
    who = hands.turn_of(await find_place(hands, code, Action.ask_correction))
    words = said(wish.evidence)

    async def decide(facts: ParticipantFacts, _: Protocol) -> Plan[None]:
        place = (who.connection, facts.study_id, facts.id, wish.assessment_id)
        sent = await sittings.find_sitting_sent(*place)
        if sent is None:
            raise CorrectionRefusedError(CorrectionRefusal.not_sent)
        if await sittings.is_move_asked(*place):
            raise CorrectionRefusedError(CorrectionRefusal.waiting)
        visit, assessment = find_assessment(facts, wish.assessment_id)
        found = check_belonging(visit, assessment, facts, wish.to, sent.answered_at)
        note = note_about(hands.context, facts, words)
        row = store.CorrectionRow(
            id=new_id(),
            assessment_id=wish.assessment_id,
            kind=CorrectionKind.belongs,
            actor=hands.seat.actor,
            reason=note.reference,
            attempt_id=sent.id,
            to_assessment_id=found.to_assessment.id,
        )
        write = writing(store.record_correction, store.CorrectionWrite(corrections=[row]))
        return Plan(None, signed(hands.seat, Action.ask_correction, note, write))

    await turn(who, decide)


async def decide_move(
    hands: Hands, who: Who, correction_id: UUID, *, approved: bool, words: str
) -> None:
    """Approve such a request, which records the sitting where it belongs, or refuse it.

    Raises NotHereError, DecidesAloneError, AlreadyDoneError, CorrectionRefusedError,
    VisitLockedError.
    """
    seat = hands.seat

    async def decide(facts: ParticipantFacts, protocol: Protocol) -> Plan[None]:
        asked = await sittings.get_move_asked(
            who.connection, facts.study_id, facts.id, correction_id
        )
        if asked is None:
            raise NotHereError
        if asked.decided:
            before = decided_before(facts.code, asked.decided_by, approved=asked.approved)
            raise AlreadyDoneError(before)
        if not may_decide(asked.actor, seat.actor):
            raise DecidesAloneError
        note = note_about(hands.context, facts, words)
        decision = store.DecisionRow(
            id=new_id(),
            correction_id=correction_id,
            approved=approved,
            actor=seat.actor,
            reason=note.reference,
        )
        steps: list[Write] = []
        if approved:
            mover = Mover(who, protocol, seat.actor, note.reference)
            whole, belonging = await _found(who, facts, asked)
            for one in (asked.assessment_id, belonging.to_assessment.id):
                await demand_unlocked(who, one)
            steps += await carry(mover, whole, belonging)
        steps.append(writing(store.record_correction, store.CorrectionWrite(decisions=[decision])))
        write = one_after_the_other(steps)
        return Plan(None, signed(seat, Action.decide_correction, note, write))

    await turn(who, decide)


def decided_before(code: str, actor: str | None, *, approved: bool | None) -> DoneBefore:
    """A request that was decided, as whoever decided it hears of it."""
    return DoneBefore(actor, code, "already_approved" if approved else "already_refused")


async def _found(
    who: Who, facts: ParticipantFacts, asked: MoveAsked
) -> tuple[ParticipantFacts, Belonging]:
    """The facts with what stands there, and where it belongs, as it is now.

    Raises AlreadyDoneError where what was sent stands there no more.
    """
    held = {one.id for visit in facts.visits for one in visit.asked or ()}
    if asked.assessment_id not in held:
        raise AlreadyDoneError
    place = (who.connection, facts.study_id, facts.id, asked.assessment_id)
    sent = await sittings.find_sitting_sent(*place)
    if sent is None or sent.id != asked.attempt_id:
        raise AlreadyDoneError
    visit, assessment = find_assessment(facts, asked.assessment_id)
    to = PlaceName(asked.definition, asked.occurrence, asked.target)
    found = check_belonging(visit, assessment, facts, to, sent.answered_at)
    whole = await who.context.reader.facts(
        who.connection,
        facts.study_id,
        facts.id,
        answers_of=[asked.assessment_id, found.to_assessment.id],
    )
    if whole.revision != facts.revision:
        raise AlreadyDoneError
    visit, assessment = find_assessment(whole, asked.assessment_id)
    return whole, check_belonging(visit, assessment, whole, to, sent.answered_at)
