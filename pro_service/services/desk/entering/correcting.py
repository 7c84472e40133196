"""Answers that were sent, corrected (R13): asked for by one person, decided by another.

A request and its decision are kept for good, refused ones too. What is approved becomes a further
response that names the one it replaces, and a further revision of the scores; an alert that was
raised stays. Values are shown to whoever may read answers, and to nobody else (R6).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.instruments.numbers import Value
from pro_service.domain.study.entering import (
    CorrectionKind,
    CorrectionRefusal,
    CorrectionRefusedError,
    Standing,
    Wish,
    check_wish,
    may_decide,
)
from pro_service.domain.study.facts import AssessmentFacts, ParticipantFacts
from pro_service.domain.study.permissions import Action
from pro_service.domain.study.protocol import Protocol
from pro_service.services.answering import (
    AnsweringCase,
    GivenAnswer,
    Sitting,
    find_assessment,
    plan_answers,
    read_baselines,
)
from pro_service.services.base.notes import note_about, noted_in, open_note
from pro_service.services.base.turns import (
    Decision,
    Who,
    Write,
    one_after_the_other,
    until_written,
    writing,
)
from pro_service.services.desk.actions import Hands, find_place
from pro_service.services.desk.entering.belonging import decide_move, decided_before
from pro_service.services.desk.entering.heads import DecidesAloneError
from pro_service.services.desk.seat import (
    LONGEST_NOTE,
    AlreadyDoneError,
    NotAllowedError,
    NotHereError,
    at_desk,
    said,
    signed,
)
from pro_service.services.desk.today import read_frame
from pro_service.services.record import demand_unlocked
from pro_service.store.answering import answers as answer_store
from pro_service.store.base.notes import give_note
from pro_service.store.connection import Connection, Guard
from pro_service.store.desk import corrections as store
from pro_service.store.desk import sittings, timeline
from pro_service.store.desk.clerk import Place, list_present_codes
from pro_service.store.desk.corrections import CorrectionSeen, WishSeen
from pro_service.store.desk.frame import Frame
from pro_service.store.desk.sittings import MoveBetween
from pro_service.store.ids import new_id
from pro_service.store.record.locks import LockedVisit, list_locked_visits
from pro_service.vault import places
from pro_service.vault.vault import DataKeyMissingError, SealBrokenError

CORRECTED: Final = "corrected"
"""Why a response replaces another, in the record."""


@dataclass(frozen=True)
class CorrectionWish:
    """What a form asks for; words are staff's."""

    assessment_id: UUID
    item: str
    kind: CorrectionKind
    value: Value | None
    said_at: datetime | None
    """When the participant asked (UTC); None for what was misread."""
    source: str = field(default="", repr=False)
    reason: str = field(default="", repr=False)
    wish_id: UUID | None = None
    """The participant's own request, from the own page: its date is when they asked."""


class CorrectionLine(NamedTuple):
    """A request as the page shows it, its words opened; values are None for who may not read."""

    seen: CorrectionSeen
    raw: str | None
    source: str | None
    reason: str | None
    decided_reason: str | None


class WishLine(NamedTuple):
    """A participant's own request, with their words opened."""

    seen: WishSeen
    words: str | None


class CorrectionRoom(NamedTuple):
    """What was sent and may be corrected, and what was asked for so far."""

    facts: ParticipantFacts
    protocol: Protocol
    lines: Sequence[CorrectionLine]
    frame: Frame
    site_id: UUID | None
    wishes: Sequence[WishLine]
    """What the participant asked for on the own page: whoever decides reads it, too."""
    may_read: bool
    """Whether whoever looks may read answers, and so say that one was misread."""
    between: Sequence[MoveBetween]
    """Answers recorded for one participant that are said to be another's, here or there."""
    locked: Sequence[LockedVisit]
    """Visits that are locked: what is asked for of them waits until they are unlocked."""
    known: Collection[str]
    """Whose codes whoever looks may know, of those."""


async def look_at_corrections(hands: Hands, code: str) -> CorrectionRoom:
    """What may be asked for, and what was. Raises NotHereError, NotAllowedError."""
    who, place = await _find(hands, code, Action.ask_correction)
    facts, protocol = await _read(who, ())
    between = await sittings.list_moves_between(who.connection, who.study_id, facts.id)
    locked = await list_locked_visits(who.connection, who.study_id, facts.id)
    async with at_desk(hands.desk, hands.seat) as connection:
        seen = await store.list_corrections_seen(connection, who.study_id, facts.id)
        notes = await timeline.list_notes(connection, who.study_id, facts.id)
        frame = await read_frame(connection, who.study_id)
        wished = await store.list_correction_wishes(connection, who.study_id, facts.id)
        may_read = await store.may_read_answers(connection, who.study_id, facts.id)
        codes = {code for one in between for code in (one.from_code, one.to_code)}
        known = await list_present_codes(connection, who.study_id, codes)
    vault = who.context.keys.vault
    words = {one.id: open_note(vault, one) for one in notes}

    def opened(text: str | None) -> str | None:
        note = noted_in(text)
        return None if note is None else words.get(note)

    lines = [
        CorrectionLine(
            one,
            _raw(who, one),
            opened(one.source),
            opened(one.reason),
            opened(one.decided_reason),
        )
        for one in seen
    ]
    wishes = [WishLine(one, opened(one.said)) for one in wished]
    return CorrectionRoom(
        facts, protocol, lines, frame, place.site_id, wishes, may_read, between, locked, known
    )


async def ask_correction(hands: Hands, code: str, wish: CorrectionWish) -> None:
    """Keep a request. What we misread is asked for by whoever may read answers.

    Raises NotHereError, NotAllowedError, ReasonMissingError, CorrectionRefusedError.
    """
    who, _ = await _find(hands, code, Action.ask_correction)
    reason = said(wish.reason)
    if wish.kind is CorrectionKind.belongs:
        raise CorrectionRefusedError(CorrectionRefusal.no_value)
    async with at_desk(hands.desk, hands.seat) as connection:
        may_read = await store.may_read_answers(connection, who.study_id, who.participant_id)
    if wish.kind is CorrectionKind.misread and not may_read:
        raise NotAllowedError

    async def once() -> Decision[None]:
        facts, _ = await _read(who, [wish.assessment_id])
        said_at = await _said_at(who, wish)
        dated = replace(wish, said_at=said_at)
        response_id, value = await _checked(who, facts, dated, may_read=may_read)
        note = note_about(who.context, facts, reason)
        source = wish.source.strip()[:LONGEST_NOTE]
        named = note_about(who.context, facts, source) if source else None
        row = store.CorrectionRow(
            id=new_id(),
            assessment_id=wish.assessment_id,
            response_id=response_id,
            item=wish.item,
            kind=wish.kind,
            value=value,
            said_at=said_at,
            wish_id=wish.wish_id if wish.kind is CorrectionKind.meant else None,
            source=None if named is None else named.reference,
            actor=hands.seat.actor,
            reason=note.reference,
        )

        async def write(connection: Connection, guard: Guard) -> None:
            if named is not None:
                await give_note(connection, guard.study_id, guard.participant_id, named)
            document = store.CorrectionWrite(corrections=[row])
            await store.record_correction(connection, guard, document)

        return _decided(who, facts, signed(hands.seat, Action.ask_correction, note, write))

    await until_written(once)


async def _said_at(who: Who, wish: CorrectionWish) -> datetime | None:
    """When the participant asked: as their own request says, else as staff say.

    Raises NotHereError where there is no such request.
    """
    if wish.kind is not CorrectionKind.meant:
        return None
    if wish.wish_id is None:
        return wish.said_at
    found = await store.get_correction_wish(
        who.connection, who.study_id, who.participant_id, wish.wish_id
    )
    if found is None:
        raise NotHereError
    return found.recorded_at


async def _checked(
    who: Who, facts: ParticipantFacts, wish: CorrectionWish, *, may_read: bool
) -> tuple[UUID, Value]:
    """The answer a wish is about, and the value it wishes. Raises CorrectionRefusedError.

    That the value stands already is said to whoever may read it alone: a refusal would tell it.
    """
    assessment = _sent(facts, wish.assessment_id)
    answer = next((one for one in assessment.read_answers if one.item == wish.item), None)
    if answer is None:
        raise CorrectionRefusedError(CorrectionRefusal.no_answer)
    place = (who.connection, facts.study_id, facts.id, answer.response_id)
    found = await store.get_answer_given(*place)
    if found is None:
        raise CorrectionRefusedError(CorrectionRefusal.no_answer)
    if await store.is_wished(*place):
        raise CorrectionRefusedError(CorrectionRefusal.waiting)
    value = check_wish(
        who.context.catalogue.instruments[assessment.instrument],
        Standing(answered_at=found.answered_at, typed=found.typed),
        Wish(
            kind=wish.kind,
            item=wish.item,
            value=wish.value,
            said_at=wish.said_at,
            has_source=bool(wish.source.strip()),
        ),
        facts.now,
    )
    if may_read and value == answer.value:
        raise CorrectionRefusedError(CorrectionRefusal.same)
    return answer.response_id, value


async def decide_correction(
    hands: Hands, code: str, correction_id: UUID, *, approved: bool, reason: str
) -> None:
    """Approve a request, which corrects the answer and its scores, or refuse it.

    After the lock it waits: nothing is approved of a visit that is locked, and a request may be
    refused. Raises NotHereError, NotAllowedError, ReasonMissingError, DecidesAloneError,
    AlreadyDoneError, VisitLockedError.
    """
    who, _ = await _find(hands, code, Action.decide_correction)
    words = said(reason)
    actor = hands.seat.actor
    place = (who.connection, who.study_id, who.participant_id, correction_id)
    if await sittings.get_move_asked(*place) is not None:
        await decide_move(hands, who, correction_id, approved=approved, words=words)
        return

    async def once() -> Decision[None]:
        asked = await store.get_correction(*place)
        if asked is None:
            raise NotHereError
        if asked.decided:
            raise AlreadyDoneError(decided_before(code, asked.decided_by, approved=asked.approved))
        if not may_decide(asked.actor, actor):
            raise DecidesAloneError
        facts, protocol = await _read(who, [asked.assessment_id])
        note = note_about(who.context, facts, words)
        decision = store.DecisionRow(
            id=new_id(),
            correction_id=correction_id,
            approved=approved,
            actor=actor,
            reason=note.reference,
        )
        document = store.CorrectionWrite(decisions=[decision])
        write = writing(store.record_correction, document)
        if approved:
            await demand_unlocked(who, asked.assessment_id)
            first = await _corrected(who, facts, protocol, asked, actor)
            write = one_after_the_other([first, write])
        return _decided(who, facts, signed(hands.seat, Action.decide_correction, note, write))

    await until_written(once)


async def _corrected(
    who: Who,
    facts: ParticipantFacts,
    protocol: Protocol,
    asked: store.CorrectionAsked,
    actor: str,
) -> Write:
    """The write of the answer as it was meant, judged by when it was given."""
    if not any(
        one.id == asked.assessment_id for visit in facts.visits for one in visit.assessments
    ):
        raise AlreadyDoneError  # It was recorded anew where it belongs.
    assessment = _sent(facts, asked.assessment_id)
    stands = {one.response_id for one in assessment.read_answers}
    if asked.response_id not in stands or assessment.attempt is None:
        raise AlreadyDoneError
    as_given = facts.model_copy(update={"now": asked.answered_at})
    baseline = await read_baselines(who.connection, who.context, as_given, protocol)
    # The sitting is there: nothing of this is written but who corrects.
    sitting = Sitting(mode="web", authentication="staff", language=facts.language, actor=actor)
    given = GivenAnswer(
        asked.assessment_id,
        asked.item,
        asked.value,
        None,
        answered_at=asked.answered_at,
        reason=CORRECTED,
    )
    case = AnsweringCase(who.context, protocol, as_given, sitting, baseline)
    plan = plan_answers(case, [given], submit=[assessment.id])
    return writing(answer_store.record_answers, plan.of_what_was_sent(asked.answered_at))


def _sent(facts: ParticipantFacts, assessment_id: UUID) -> AssessmentFacts:
    _, assessment = find_assessment(facts, assessment_id)
    if assessment.submitted_at is None:
        raise CorrectionRefusedError(CorrectionRefusal.not_sent)
    return assessment


def _decided(who: Who, facts: ParticipantFacts, write: Write) -> Decision[None]:
    guard = Guard(facts.study_id, facts.id, facts.revision)
    return Decision(None, lambda: write(who.connection, guard))


async def _find(hands: Hands, code: str, action: Action) -> tuple[Who, Place]:
    place = await find_place(hands, code, action)
    return hands.turn_of(place), place


async def _read(who: Who, answers_of: Sequence[UUID]) -> tuple[ParticipantFacts, Protocol]:
    reader = who.context.reader
    facts = await reader.facts(
        who.connection, who.study_id, who.participant_id, answers_of=answers_of
    )
    version = facts.protocol_version_id
    return facts, await reader.protocol(who.connection, who.study_id, version)


def _raw(who: Who, seen: CorrectionSeen) -> str | None:
    """What was typed; None where there is nothing, or it is not for who looks."""
    if seen.raw_sealed is None or seen.raw_key is None or seen.response_id is None:
        return None
    try:
        return places.TYPED_ANSWER.open(
            who.context.keys.vault, seen.raw_sealed, key=seen.raw_key, row_id=seen.response_id
        )
    except (DataKeyMissingError, SealBrokenError):
        return None
