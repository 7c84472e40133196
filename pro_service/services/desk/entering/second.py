"""Paper typed a second time by another person, who sees nothing of the first (R11).

The second entry is evidence: it is in no sitting, is never scored, and raises no alert.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.instruments.model import Instrument, Item
from pro_service.domain.instruments.values import check_value
from pro_service.domain.study.entering import Marked, differs, may_type_again
from pro_service.domain.study.facts import (
    AnswerFacts,
    AssessmentFacts,
    ParticipantFacts,
    VisitFacts,
)
from pro_service.domain.study.permissions import Action
from pro_service.domain.study.protocol import Protocol
from pro_service.services.answering import GivenAnswer, find_assessment, instrument_as_used
from pro_service.services.base.notes import noted_in, open_note
from pro_service.services.base.turns import Plan, Who, turn, writing
from pro_service.services.desk.actions import Hands, find_place
from pro_service.services.desk.entering.heads import (
    ENTER,
    StillOpenError,
    demand_entering,
    find_who,
    head_of,
    read_now,
    read_own_frame,
)
from pro_service.services.desk.entering.rooms import EntryForm
from pro_service.services.desk.seat import (
    AlreadyDoneError,
    NotAllowedError,
    NotHereError,
    at_desk,
    signed,
)
from pro_service.services.desk.today import read_frame
from pro_service.store.answering.answers import find_web_write
from pro_service.store.connection import Connection, Guard
from pro_service.store.desk import second as store
from pro_service.store.desk import timeline
from pro_service.store.desk.entry import EntryRow
from pro_service.store.desk.frame import Frame
from pro_service.store.desk.person import keep_form_key
from pro_service.store.desk.second import DifferenceSeen, PaperToDo
from pro_service.store.ids import new_id

MOST_OF_ONE: Final = 200
"""Papers of one participant that are listed."""


class FirstTypistError(ProServiceError):
    """Whoever typed it first does not type it the second time."""


class SecondRoom(NamedTuple):
    """What is to be done about a participant's paper, and what differed so far."""

    facts: ParticipantFacts
    protocol: Protocol
    papers: Sequence[PaperToDo]
    differences: Sequence[SecondLine]
    site_id: UUID | None
    frame: Frame


class SecondLine(NamedTuple):
    """A difference as the page shows it, with the question it is about."""

    seen: DifferenceSeen
    visit: VisitFacts
    assessment: AssessmentFacts
    item: Item
    reason: str | None
    """Why it was settled so, opened; None where it waits."""


async def look_at_second(hands: Hands, code: str) -> SecondRoom:
    """Papers typed twice of a participant. Raises NotHereError, NotAllowedError."""
    place = await find_place(hands, code, Action.see_participants)
    seat = hands.seat
    if not any(seat.may(one, place.site_id) for one in (ENTER, Action.settle_entry)):
        raise NotAllowedError
    who = hands.turn_of(place)
    facts, protocol = await read_now(who)
    async with at_desk(hands.desk, seat) as connection:
        papers = await store.list_papers(connection, who.study_id, facts.id, MOST_OF_ONE)
        seen = await store.list_differences(connection, who.study_id, facts.id)
        notes = await timeline.list_notes(connection, who.study_id, facts.id)
        frame = await read_frame(connection, who.study_id)
    words = {one.id: open_note(hands.context.keys.vault, one) for one in notes}
    lines = []
    for one in seen:
        visit, assessment = find_assessment(facts, one.assessment_id)
        item = instrument_as_used(who.context, protocol, assessment.instrument).item(one.item)
        note = noted_in(one.reason)
        reason = None if note is None else words.get(note)
        lines.append(SecondLine(one, visit, assessment, item, reason))
    return SecondRoom(facts, protocol, papers, lines, place.site_id, frame)


async def begin_second(hands: Hands, code: str, sitting_id: UUID) -> EntryForm:
    """The form of a paper that is typed a second time, without anything that was typed first.

    Raises NotHereError, NotAllowedError, FirstTypistError, AlreadyDoneError.
    """
    who, place = await find_who(hands, code)
    facts, protocol = await read_now(who)
    await demand_entering(hands, place, facts, protocol)
    row = await _to_type(hands, who, facts, protocol, sitting_id)
    visit, assessment = find_assessment(facts, row.assessment_id)
    return EntryForm(
        facts,
        protocol,
        visit,
        assessment,
        instrument_as_used(who.context, protocol, assessment.instrument),
        head_of(row).told,
        None,
        frozenset(),
        None,
        (),
        await read_own_frame(hands),
    )


async def keep_second(
    hands: Hands, code: str, sitting_id: UUID, given: Sequence[GivenAnswer], *, key: str
) -> bool:
    """Keep what was typed a second time, all of it at once; tell whether both are the same.

    A second copy of the form changes nothing. Raises NotHereError, NotAllowedError,
    FirstTypistError, AlreadyDoneError, AnswerRangeError; StillOpenError where something that was
    asked was not typed.
    """
    who, place = await find_who(hands, code)

    async def decide(facts: ParticipantFacts, protocol: Protocol) -> Plan[bool]:
        await demand_entering(hands, place, facts, protocol)
        web_key = f"{facts.id}:desk-second:{sitting_id}:{key}"
        if await find_web_write(who.connection, facts.study_id, web_key):
            return Plan(await store.is_verified(who.connection, who.study_id, sitting_id))
        row = await _to_type(hands, who, facts, protocol, sitting_id)
        _, assessment = find_assessment(facts, row.assessment_id)
        instrument = who.context.catalogue.instruments[assessment.instrument]
        first = await store.list_typed_answers(who.connection, who.study_id, facts.id, sitting_id)
        document = _typed_again(hands, instrument, row, first, given)
        record = writing(store.record_second_entry, document)

        async def write(connection: Connection, guard: Guard) -> object:
            await keep_form_key(connection, guard, web_key)
            return await record(connection, guard)

        same = not any(one.differs for one in document.answers)
        return Plan(same, signed(hands.seat, ENTER, None, write))

    return await turn(who, decide)


async def _to_type(
    hands: Hands, who: Who, facts: ParticipantFacts, protocol: Protocol, sitting_id: UUID
) -> EntryRow:
    """The paper, where it is to be typed a second time by whoever asks."""
    found = await store.find_paper(who.connection, who.study_id, facts.id, sitting_id)
    if found is None:
        raise NotHereError
    _, assessment = find_assessment(facts, found.entry.assessment_id)
    if not protocol.use(assessment.instrument).second_entry:
        raise NotHereError
    if found.typed_again:
        raise AlreadyDoneError
    if not may_type_again(found.entry.actor, hands.seat.actor):
        raise FirstTypistError
    return found.entry


def _typed_again(
    hands: Hands,
    instrument: Instrument,
    row: EntryRow,
    first: Sequence[AnswerFacts],
    given: Sequence[GivenAnswer],
) -> store.SecondEntryWrite:
    """The second entry as it is kept. Raises StillOpenError, AnswerRangeError."""
    typed = {one.item: one for one in given if one.assessment_id == row.assessment_id}
    if not first or not {one.item for one in first} <= typed.keys():
        raise StillOpenError
    actor, entry_id = hands.seat.actor, new_id()
    answers = []
    for one in first:
        again = typed[one.item]
        if again.value is not None:
            check_value(instrument.item(one.item), again.value)
        answers.append(
            store.SecondAnswerRow(
                id=new_id(),
                second_entry_id=entry_id,
                item=one.item,
                value=again.value,
                gap=again.gap,
                response_id=one.response_id,
                differs=differs(Marked(one.value, one.gap), Marked(again.value, again.gap)),
                actor=actor,
            )
        )
    entry = store.SecondEntryRow(id=entry_id, attempt_id=row.id, actor=actor)
    return store.SecondEntryWrite(entries=[entry], answers=answers)
