"""What an entry begins with, who may make one, and the entry that somebody goes on with."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.entering import (
    Duty,
    EntryRefusal,
    EntryRefusedError,
    Told,
    check_told,
    kept_apart,
    may_enter,
)
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.permissions import Action
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.respondents import Respondent
from pro_service.services.answering import find_assessment
from pro_service.services.base.notes import KeyGoneError
from pro_service.services.base.turns import Who
from pro_service.services.desk.actions import Hands, find_place
from pro_service.services.desk.seat import NotAllowedError, NotHereError, Seat, at_desk
from pro_service.services.desk.today import read_frame
from pro_service.store.desk import entry as entries
from pro_service.store.desk.clerk import Place
from pro_service.store.desk.entry import EntryRow
from pro_service.store.desk.frame import Frame

ENTER: Final = Action.enter_answers


class DecidesAloneError(ProServiceError):
    """Whoever asked for a correction does not decide about it."""


class EntryWordsError(ProServiceError):
    """Where the paper lies, or why it is entered although it is kept apart, is missing."""


class NothingTypedError(ProServiceError):
    """There is no answer to keep."""


class StillOpenError(ProServiceError):
    """Questions are open, other than those the page named."""


@dataclass(frozen=True)
class EntryHead:
    """What is asked before the first answer."""

    assessment_id: UUID
    told: Told
    original: str = field(default="", repr=False)
    """Where the paper lies, in words."""
    apart_reason: str = field(default="", repr=False)
    """Why it is entered although the protocol does not name it for analysis, in words."""


async def find_who(hands: Hands, code: str) -> tuple[Who, Place]:
    """A participant's turn, and where they are. Raises NotHereError, NotAllowedError."""
    place = await find_place(hands, code, ENTER)
    return hands.turn_of(place), place


async def read_now(who: Who) -> tuple[ParticipantFacts, Protocol]:
    """A participant's facts and protocol as they stand now."""
    reader = who.context.reader
    facts = await reader.facts(who.connection, who.study_id, who.participant_id)
    version = facts.protocol_version_id
    return facts, await reader.protocol(who.connection, who.study_id, version)


async def read_own_frame(hands: Hands) -> Frame:
    """What stands around a page of this seat, in a transaction of its own."""
    async with at_desk(hands.desk, hands.seat) as connection:
        return await read_frame(connection, hands.seat.study_id)


@dataclass(frozen=True)
class EntryRights:
    """What decides whether a seat enters answers; the door asks it, and what leads to the door."""

    seat: Seat
    duties: Collection[str]
    """Of whoever sits there: those that keep from entering (R6)."""

    def enters(self, site_id: UUID | None, protocol: Protocol) -> bool:
        """Whether the seat enters answers of who is at a site under a protocol."""
        assignments = self.seat.staff.assignments
        here = {one.role for one in assignments if one.site_id == site_id}
        anywhere = {one.role for one in assignments}
        held = {Duty(one) for one in self.duties}
        return self.seat.may(ENTER, site_id) and may_enter(protocol, here, anywhere, held)


async def demand_entering(
    hands: Hands, place: Place, facts: ParticipantFacts, protocol: Protocol
) -> None:
    """Refuse whoever the protocol does not let enter, and what is of somebody who was erased.

    Raises NotAllowedError, KeyGoneError.
    """
    seat = hands.seat
    held = await entries.list_duties(hands.clerk, seat.study_id, seat.staff.staff_id)
    if not EntryRights(seat, held).enters(place.site_id, protocol):
        raise NotAllowedError
    if facts.data_key is None:
        raise KeyGoneError


def check_head(facts: ParticipantFacts, protocol: Protocol, head: EntryHead) -> None:
    """Refuse what cannot be entered so. Raises EntryRefusedError, EntryWordsError."""
    told = head.told
    check_told(facts, protocol, head.assessment_id, told.at)
    _, assessment = find_assessment(facts, head.assessment_id)
    apart = kept_apart(protocol, assessment.instrument, told.mode, told.respondent)
    if apart is not None and not head.apart_reason.strip():
        raise EntryWordsError
    if told.mode == "paper" and not head.original.strip():
        raise EntryWordsError


async def own_entry(
    hands: Hands, who: Who, sitting_id: UUID, *, sent_too: bool = False
) -> EntryRow:
    """An entry that this member of staff began: nobody goes on typing what another was told.

    Raises NotHereError; EntryRefusedError where it was sent in.
    """
    row = await entries.get_entry(who.connection, who.study_id, who.participant_id, sitting_id)
    if row is None or row.actor != hands.seat.actor:
        raise NotHereError
    if row.sent and not sent_too:
        raise EntryRefusedError(EntryRefusal.settled)
    return row


def head_of(row: EntryRow) -> EntryHead:
    """The head of an entry that was begun, without its words."""
    respondent = Respondent.model_validate(
        {"kind": row.respondent, "relation": row.respondent_relation}
    )
    told = Told.model_validate(
        {
            "mode": row.mode,
            "respondent": respondent,
            "language": row.language,
            "at": row.told_at,
        }
    )
    return EntryHead(row.assessment_id, told)
