"""That answers which were sent belong elsewhere: asked for with evidence, checked by a second.

Where they are another participant's, both are at sites of who asks and of who decides; the answers
are recorded anew in the turn of whose they are, and taken from where they were recorded in the turn
of the other, in one transaction: either both are written, or nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
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
from pro_service.services.base.notes import KeyGoneError, note_about, open_note
from pro_service.services.base.turns import Plan, Who, Write, one_after_the_other, turn, writing
from pro_service.services.desk.actions import Hands, find_place
from pro_service.services.desk.entering.carrying import Mover, Whose, carry, is_of_another
from pro_service.services.desk.entering.heads import DecidesAloneError
from pro_service.services.desk.seat import (
    AlreadyDoneError,
    DoneBefore,
    NotHereError,
    at_desk,
    said,
    signed,
)
from pro_service.services.record import demand_unlocked
from pro_service.store.base.notes import give_note
from pro_service.store.connection import Connection, Guard
from pro_service.store.desk import corrections as store
from pro_service.store.desk import sittings, timeline
from pro_service.store.desk.sittings import MoveAsked
from pro_service.store.ids import new_id
from pro_service.store.notes import NoteRow


class MoveWish(NamedTuple):
    """Which answers belong elsewhere, where, and what shows it, in words."""

    assessment_id: UUID
    to: PlaceName
    evidence: str
    other: str | None = None
    """The code of the participant whose they are; None: of who they were recorded for."""


async def ask_move(hands: Hands, code: str, wish: MoveWish) -> None:
    """Keep a request that what was sent at an assessment belongs elsewhere.

    Both participants must be where the seat may ask. Raises NotHereError, NotAllowedError,
    ReasonMissingError, CorrectionRefusedError.
    """
    who = hands.turn_of(await find_place(hands, code, Action.ask_correction))
    other = None
    if wish.other is not None:
        other = hands.turn_of(await find_place(hands, wish.other, Action.ask_correction))
    words = said(wish.evidence)

    async def decide(facts: ParticipantFacts, _: Protocol) -> Plan[None]:
        place = (who.connection, facts.study_id, facts.id, wish.assessment_id)
        sent = await sittings.find_sitting_sent(*place)
        if sent is None:
            raise CorrectionRefusedError(CorrectionRefusal.not_sent)
        if await sittings.is_move_asked(*place):
            raise CorrectionRefusedError(CorrectionRefusal.waiting)
        visit, assessment = find_assessment(facts, wish.assessment_id)
        theirs = facts if other is None else await _facts(other)
        found = check_belonging(visit, assessment, theirs, wish.to, sent.answered_at)
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


class OtherPlaces(NamedTuple):
    """Another participant to whom answers may belong."""

    code: str
    facts: ParticipantFacts
    protocol: Protocol


async def look_at_other(hands: Hands, code: str) -> OtherPlaces:
    """Where answers may belong at another participant. Raises NotHereError, NotAllowedError."""
    who = hands.turn_of(await find_place(hands, code, Action.ask_correction))
    facts = await _facts(who)
    protocol = await who.context.reader.protocol(
        who.connection, facts.study_id, facts.protocol_version_id
    )
    return OtherPlaces(facts.code, facts, protocol)


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
        theirs: Write | None = None
        if approved:
            mover = Mover(who, protocol, seat.actor, note.reference)
            steps, theirs = await _moved(hands, mover, facts, asked, words)
        steps.append(writing(store.record_correction, store.CorrectionWrite(decisions=[decision])))
        write = one_after_the_other(steps)
        both = write if theirs is None else _one_and_the_other(write, theirs)
        return Plan(None, signed(seat, Action.decide_correction, note, both))

    await turn(who, decide)


def decided_before(code: str, actor: str | None, *, approved: bool | None) -> DoneBefore:
    """A request that was decided, as whoever decided it hears of it."""
    return DoneBefore(actor, code, "already_approved" if approved else "already_refused")


class _Found(NamedTuple):
    """Where a sitting belongs, with the facts each turn is guarded by."""

    facts: ParticipantFacts
    belonging: Belonging
    theirs: ParticipantFacts | None
    """Of the other participant whose it is; None: it is of the same."""


async def _moved(
    hands: Hands, mover: Mover, facts: ParticipantFacts, asked: MoveAsked, words: str
) -> tuple[list[Write], Write | None]:
    """What takes a sitting from here, and what records it in the turn of another, if it is theirs.

    Raises NotHereError, NotAllowedError where the other is nobody the seat decides about.
    """
    if asked.to_code == facts.code:
        found = await _found(mover.who, facts, asked, None)
        for one in (asked.assessment_id, found.belonging.to_assessment.id):
            await demand_unlocked(mover.who, one)
        return (await carry(mover, found.facts, found.belonging)).here, None
    place = await find_place(hands, asked.to_code, Action.decide_correction)
    other = hands.turn_of(place)
    found = await _found(mover.who, facts, asked, other)
    await demand_unlocked(mover.who, asked.assessment_id)
    await demand_unlocked(other, found.belonging.to_assessment.id)
    theirs = await _facts(other) if found.theirs is None else found.theirs
    protocol = await other.context.reader.protocol(
        other.connection, theirs.study_id, theirs.protocol_version_id
    )
    notes = await _notes_for(hands, found, theirs)
    whose = Whose(replace(mover, who=other, protocol=protocol), theirs, notes)
    carried = await carry(mover, found.facts, found.belonging, whose)
    # Last, for it is the reason of all that is written in their turn.
    given = [*notes.values(), note_about(hands.context, theirs, words)]
    guard = Guard(theirs.study_id, theirs.id, theirs.revision)

    async def write(connection: Connection, _: Guard) -> None:
        for note in given:
            await give_note(connection, theirs.study_id, theirs.id, note)
        await one_after_the_other(carried.there)(connection, guard)

    return carried.here, write


def _one_and_the_other(here: Write, theirs: Write) -> Write:
    """Both turns in the transaction they are run in: if somebody was quicker in one, neither."""

    async def write(connection: Connection, guard: Guard) -> None:
        await here(connection, guard)
        await theirs(connection, guard)

    return write


async def _notes_for(hands: Hands, found: _Found, theirs: ParticipantFacts) -> dict[str, NoteRow]:
    """What the sittings that go say in words, sealed for whose they are. Raises KeyGoneError."""
    facts, visit = found.facts, found.belonging.visit
    held = await sittings.list_sittings_held(hands.clerk, facts.study_id, facts.id, visit.id)
    gone = [one for one in held if is_of_another(one, found.belonging)]
    named = {note for one in gone for note in (one.original, one.apart_reason) if note}
    if not named:
        return {}
    async with at_desk(hands.desk, hands.seat) as connection:
        seen = await timeline.list_notes(connection, facts.study_id, facts.id)
    vault, context = hands.context.keys.vault, hands.context
    opened = {f"note:{one.id}": open_note(vault, one) for one in seen}
    notes = {}
    for reference in named:
        words = opened.get(reference)
        if words is None:
            raise KeyGoneError
        notes[reference] = note_about(context, theirs, words)
    return notes


async def _facts(who: Who, answers_of: Sequence[UUID] = ()) -> ParticipantFacts:
    return await who.context.reader.facts(
        who.connection, who.study_id, who.participant_id, answers_of=answers_of
    )


async def _found(who: Who, facts: ParticipantFacts, asked: MoveAsked, other: Who | None) -> _Found:
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
    looked_in = facts if other is None else await _facts(other)
    found = check_belonging(visit, assessment, looked_in, to, sent.answered_at)
    there = found.to_assessment.id
    theirs = None if other is None else await _facts(other, [there])
    whole = await _facts(who, [asked.assessment_id, *([there] if theirs is None else [])])
    if whole.revision != facts.revision:
        raise AlreadyDoneError
    visit, assessment = find_assessment(whole, asked.assessment_id)
    belonging = check_belonging(visit, assessment, theirs or whole, to, sent.answered_at)
    return _Found(whole, belonging, theirs)
