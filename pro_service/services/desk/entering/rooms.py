"""What is shown of entries: what may be entered, and the form of one, without any value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from pro_service.domain.instruments.model import Instrument
from pro_service.domain.study.entering import (
    ApartWhat,
    Enterable,
    Told,
    enterable,
    for_entry,
    kept_apart,
)
from pro_service.domain.study.facts import AssessmentFacts, ParticipantFacts, VisitFacts
from pro_service.domain.study.protocol import Protocol, SafetyRule
from pro_service.services.answering import find_assessment, instrument_as_used
from pro_service.services.base.turns import Who
from pro_service.services.desk.actions import Hands
from pro_service.services.desk.entering.heads import (
    EntryHead,
    check_head,
    demand_entering,
    find_who,
    head_of,
    own_entry,
    read_now,
    read_own_frame,
)
from pro_service.store.desk import entry as entries
from pro_service.store.desk.entry import EntryRow
from pro_service.store.desk.frame import Frame
from pro_service.store.record.locks import LockedVisit, list_locked_visits


class EntryRoom(NamedTuple):
    """What may be entered of a participant, and what this member of staff left open."""

    facts: ParticipantFacts
    protocol: Protocol
    offered: Sequence[Enterable]
    begun: Sequence[EntryRow]
    frame: Frame
    locked: Sequence[LockedVisit]
    """Visits that are locked: what is typed for them is held apart until they are unlocked."""


class EntryForm(NamedTuple):
    """One entry: what is asked, and which questions have been answered in it; no value."""

    facts: ParticipantFacts
    protocol: Protocol
    visit: VisitFacts
    assessment: AssessmentFacts
    instrument: Instrument
    """As this protocol offers it, in the words in force."""
    told: Told
    sitting_id: UUID | None
    """None: nothing is kept yet."""
    kept: frozenset[str]
    """Items that have an answer, or were left open on purpose."""
    apart: ApartWhat | None
    alarms: Sequence[SafetyRule]
    """Urgent rules that answers met here: the participant must hear of them now."""
    frame: Frame


class _Read(NamedTuple):
    facts: ParticipantFacts
    protocol: Protocol


async def look_at_room(hands: Hands, code: str) -> EntryRoom:
    """What may be entered. Raises NotHereError, NotAllowedError, KeyGoneError."""
    who, place = await find_who(hands, code)
    facts, protocol = await read_now(who)
    await demand_entering(hands, place, facts, protocol)
    begun = await entries.list_open_entries(
        who.connection, who.study_id, facts.id, hands.seat.actor
    )
    frame = await read_own_frame(hands)
    locked = await list_locked_visits(who.connection, who.study_id, facts.id)
    offered = tuple(enterable(facts, protocol))
    return EntryRoom(facts, protocol, offered, begun, frame, locked)


async def begin_entry(hands: Hands, code: str, head: EntryHead) -> EntryForm:
    """The form for what is to be typed; nothing is stored before the first answer.

    Raises NotHereError, NotAllowedError, KeyGoneError, EntryRefusedError, EntryWordsError.
    """
    who, place = await find_who(hands, code)
    facts, protocol = await read_now(who)
    await demand_entering(hands, place, facts, protocol)
    check_head(facts, protocol, head)
    return await _form(hands, who, _Read(facts, protocol), head)


async def show_entry(hands: Hands, code: str, sitting_id: UUID) -> EntryForm:
    """The form of an entry that was begun, without any value.

    Raises NotHereError, NotAllowedError, KeyGoneError; EntryRefusedError where it was sent in.
    """
    who, place = await find_who(hands, code)
    facts, protocol = await read_now(who)
    await demand_entering(hands, place, facts, protocol)
    row = await own_entry(hands, who, sitting_id)
    return await _form(hands, who, _Read(facts, protocol), head_of(row), row)


async def _form(
    hands: Hands, who: Who, read: _Read, head: EntryHead, row: EntryRow | None = None
) -> EntryForm:
    facts, protocol = read
    sitting_id = None if row is None else row.id
    as_told = for_entry(facts, head.assessment_id, sitting_id, head.told.at)
    visit, assessment = find_assessment(as_told, head.assessment_id)
    apart = kept_apart(protocol, assessment.instrument, head.told.mode, head.told.respondent)
    if row is not None:
        apart = None if row.apart is None else ApartWhat(row.apart)
    raised = {
        rule.id for rule in protocol.safety.rules if f"{assessment.id}:{rule.id}" in facts.alerts
    }
    return EntryForm(
        facts,
        protocol,
        visit,
        assessment,
        instrument_as_used(who.context, protocol, assessment.instrument),
        head.told,
        sitting_id,
        frozenset() if row is None else frozenset(one.item for one in assessment.read_answers),
        apart,
        protocol.safety.urgent(raised),
        await read_own_frame(hands),
    )
