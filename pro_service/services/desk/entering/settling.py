"""What a paper says where two people typed it differently: settled for good by one who looked.

A value that is settled otherwise than it was typed first becomes a further response of the sitting,
with a further revision of its scores. It is judged for alerts as whatever corrects an answer is:
one that is raised now is late, and is said to be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.instruments.numbers import Value
from pro_service.domain.instruments.values import check_value
from pro_service.domain.study.entering import Marked, as_sent, differs
from pro_service.domain.study.facts import (
    AnswerFacts,
    AttemptFacts,
    ParticipantFacts,
    SittingHeld,
)
from pro_service.domain.study.permissions import Action
from pro_service.domain.study.protocol import Protocol
from pro_service.services.answering import (
    AnsweringCase,
    AnswersPlan,
    GivenAnswer,
    Sitting,
    find_assessment,
    plan_answers,
    read_baselines,
)
from pro_service.services.base.notes import note_about
from pro_service.services.base.turns import Plan, Who, one_after_the_other, turn, writing
from pro_service.services.desk.actions import Hands, find_place
from pro_service.services.desk.seat import AlreadyDoneError, DoneBefore, NotHereError, said, signed
from pro_service.services.record import demand_unlocked
from pro_service.store.answering import answers as answer_store
from pro_service.store.desk import second as store
from pro_service.store.desk.second import Difference, PaperFound
from pro_service.store.ids import new_id

SETTLED: Final = "settled"
"""Why a response replaces another, in the record."""


@dataclass(frozen=True)
class SettledAs:
    """What whoever looked says the paper says: a value, or the kind of gap; `reason` in words."""

    value: Value | None
    gap: str | None
    reason: str = field(default="", repr=False)


class Settled(NamedTuple):
    """What came of it: whether an urgent rule is met only now."""

    alarmed: bool


async def settle_difference(
    hands: Hands, code: str, difference_id: UUID, as_read: SettledAs
) -> Settled:
    """Settle one difference, once.

    What would change a value of a locked visit waits. Raises NotHereError, NotAllowedError,
    ReasonMissingError, AlreadyDoneError, AnswerRangeError, VisitLockedError.
    """
    place = await find_place(hands, code, Action.settle_entry)
    who, seat = hands.turn_of(place), hands.seat
    reason = said(as_read.reason)

    async def decide(facts: ParticipantFacts, protocol: Protocol) -> Plan[Settled]:
        one = await store.get_difference(who.connection, who.study_id, facts.id, difference_id)
        paper = await _paper(who, facts, one)
        if one is None or paper is None:
            raise NotHereError
        if one.settled:
            raise AlreadyDoneError(DoneBefore(one.settled_by, facts.code, "already_difference"))
        note = note_about(hands.context, facts, reason)
        row = store.EntrySettlementRow(
            id=new_id(),
            second_answer_id=one.id,
            value=as_read.value,
            gap=as_read.gap,
            actor=seat.actor,
            reason=note.reference,
        )
        plan = await _settled(hands, who, _Case(facts, protocol, one, paper), as_read)
        steps = [writing(store.record_second_entry, store.SecondEntryWrite(settlements=[row]))]
        if plan is not None:
            await demand_unlocked(who, paper.entry.assessment_id)
            sent = plan.of_what_was_sent(paper.entry.told_at)
            steps.append(writing(answer_store.record_answers, sent))
        write = one_after_the_other(steps)
        alarmed = plan is not None and any(each.severity == "urgent" for each in plan.alerts)
        return Plan(Settled(alarmed), signed(seat, Action.settle_entry, note, write))

    return await turn(who, decide)


class _Case(NamedTuple):
    facts: ParticipantFacts
    protocol: Protocol
    difference: Difference
    paper: PaperFound


async def _paper(
    who: Who, facts: ParticipantFacts, difference: Difference | None
) -> PaperFound | None:
    if difference is None:
        return None
    return await store.find_paper(who.connection, who.study_id, facts.id, difference.attempt_id)


async def _settled(hands: Hands, who: Who, case: _Case, as_read: SettledAs) -> AnswersPlan | None:
    """What changes of the sitting; None where it says so already, or was corrected meanwhile."""
    facts, one, entry = case.facts, case.difference, case.paper.entry
    _, assessment = find_assessment(facts, entry.assessment_id)
    instrument = who.context.catalogue.instruments[assessment.instrument]
    if as_read.value is not None:
        check_value(instrument.item(one.item), as_read.value)
    answers = await store.list_paper_answers(who.connection, who.study_id, facts.id, one.attempt_id)
    stands = next((each for each in answers if each.item == one.item), None)
    if stands is None or stands.response_id != one.response_id:
        return None
    if not differs(Marked(stands.value, stands.gap), Marked(as_read.value, as_read.gap)):
        return None
    then = as_sent(facts, assessment.id, _held(case.paper, answers))
    baseline = await read_baselines(who.connection, who.context, then, case.protocol)
    # The sitting is there: nothing of this is written but who settles.
    sitting = Sitting("paper", "staff", facts.language, hands.seat.actor)
    given = GivenAnswer(
        assessment.id,
        one.item,
        as_read.value,
        as_read.gap,
        answered_at=entry.told_at,
        reason=SETTLED,
    )
    answering = AnsweringCase(who.context, case.protocol, then, sitting, baseline)
    return plan_answers(answering, [given], submit=[assessment.id])


def _held(paper: PaperFound, answers: Sequence[AnswerFacts]) -> SittingHeld:
    entry = paper.entry
    attempt = AttemptFacts(
        id=entry.id,
        ordinal=paper.ordinal,
        mode=entry.mode,
        started_at=entry.told_at,
        last_answer_at=entry.told_at,
        submitted_at=paper.submitted_at,
    )
    return SittingHeld(attempt=attempt, answers=tuple(answers))
