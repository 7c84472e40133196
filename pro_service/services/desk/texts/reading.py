"""The page of one text: its words, the conversation around it, and what may be done with it."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from pro_service.domain.conversation.staff_replies import Chosen, choices, goes_at
from pro_service.domain.conversation.taking import NotOne
from pro_service.domain.delivery.contacts import WhyNot
from pro_service.domain.instruments.model import Language
from pro_service.domain.study.permissions import Action
from pro_service.domain.study.protocol import Protocol
from pro_service.services.desk.actions import Hands
from pro_service.services.desk.seat import at_desk
from pro_service.services.desk.texts.conversation import (
    Conversation,
    may_open,
    open_sealed,
    read_conversation,
    read_notes,
)
from pro_service.services.desk.texts.finding import (
    FoundText,
    TextCase,
    TextSettledError,
    find_text,
    still_to_settle,
)
from pro_service.services.desk.texts.replying import ReplyRefused, ReplyRefusedError, may_reply
from pro_service.services.desk.texts.taking import TakeRefused, TakeRefusedError, judge
from pro_service.services.desk.today import read_frame
from pro_service.store.connection import Connection
from pro_service.store.desk import clerk, desk
from pro_service.store.desk.desk import DeskSite
from pro_service.store.desk.frame import Frame
from pro_service.store.desk.texts import AnsweredQuestion, PersonOfText, TextSeen
from pro_service.vault import places


class Settling(NamedTuple):
    """What may be done with a text, for the participant it is settled for."""

    code: str
    language: Language
    protocol: Protocol
    replies: tuple[Chosen, ...]
    own_words: bool
    reply_refused: ReplyRefused | WhyNot | None
    """Why no reply can go; None: one can."""
    reply_waits: bool
    """A reply would wait for the end of their quiet hours."""
    asked: AnsweredQuestion | None
    """The question the text would answer; None: it cannot be taken."""
    take_refused: TakeRefused | NotOne | None


class TextPage(NamedTuple):
    """One text with everything its page shows."""

    seen: TextSeen
    words: str | None
    hidden: bool
    """Its words are an answer, and this reader may not see answers."""
    people: list[PersonOfText]
    conversation: Conversation
    site: DeskSite | None
    place: UUID | None
    """The site by whose right this seat may settle it; None: it may not."""
    note: str | None
    """What staff said as they settled it."""
    settling: Settling | None
    """None: it is settled, not theirs to settle, or not said yet whose it is."""
    frame: Frame
    """What stands around the page."""


async def read_text(hands: Hands, inbound_id: UUID, whose: str) -> TextPage:
    """A text's page; `whose` says for whom it is to be settled, where several may have written it.

    Raises NotHereError.
    """
    seat, context = hands.seat, hands.context
    async with at_desk(hands.desk, seat, one_snapshot=True) as connection:
        found = await find_text(connection, seat.study_id, inbound_id)
        ids = [one.participant_id for one in found.people]
        conversation = await read_conversation(
            connection, context, seat.study_id, ids, found.seen.line_id
        )
        notes = await read_notes(connection, context, seat.study_id, [inbound_id])
        sites = {one.id: one for one in await desk.list_desk_sites(connection, seat.study_id)}
        frame = await read_frame(connection, seat.study_id)
        chosen = await _chosen(connection, hands, found, whose)
    site_id = found.site_for(hands, Action.settle_text)
    seen = found.seen
    opens = may_open(
        "needs_reading", seen.kind, answers_open=all(one.answers_open for one in found.people)
    )
    may = seat.may(Action.settle_text, site_id)
    settling = None
    if may and seen.read_at is None and chosen is not None:
        settling = await _settling_now(hands, chosen, inbound_id)
    return TextPage(
        seen,
        open_sealed(context, places.INBOUND_BODY, seen) if opens else None,
        not opens,
        found.people,
        conversation,
        None if site_id is None else sites.get(site_id),
        site_id if may else None,
        next(iter(notes.values()), None),
        settling,
        frame,
    )


async def _chosen(
    connection: Connection, hands: Hands, found: FoundText, whose: str
) -> UUID | None:
    """Whom the text is to be settled for, as far as it is known, and theirs to settle."""
    seat = hands.seat
    if found.people:
        only = found.people[0].code if len(found.people) == 1 else ""
        people = [
            one
            for one in found.people
            if one.code == (whose or only) and seat.may(Action.settle_text, one.site_id)
        ]
        return people[0].participant_id if people else None
    named = await clerk.find_place(connection, seat.study_id, whose) if whose else None
    may = named is not None and seat.may(Action.settle_text, named.site_id)
    return named.participant_id if named is not None and may else None


async def _settling_now(hands: Hands, participant_id: UUID, inbound_id: UUID) -> Settling | None:
    """The same, or None where somebody has settled it since it was read."""
    try:
        return await _settling(hands, participant_id, inbound_id)
    except TextSettledError:
        return None


async def _settling(hands: Hands, participant_id: UUID, inbound_id: UUID) -> Settling:
    """What may be done for a participant, decided as the act itself would decide it."""
    study_id, clerk_pool = hands.seat.study_id, hands.clerk
    reader = hands.context.reader
    facts = await reader.facts(clerk_pool, study_id, participant_id)
    protocol = await reader.protocol(clerk_pool, study_id, facts.protocol_version_id)
    text = await still_to_settle(hands, facts, inbound_id)
    case = TextCase(hands, facts, protocol, inbound_id, text)
    asked, reply_refused, take_refused = None, None, None
    try:
        may_reply(hands.context, facts, text)
    except ReplyRefusedError as error:
        reply_refused = error.why
    try:
        taken = judge(case)
        entry = taken.entry
        asked = AnsweredQuestion(inbound_id, entry.instrument.id, entry.target, taken.item, None)
    except TakeRefusedError as error:
        take_refused = error.why
    waits = goes_at(protocol.messaging, facts.now, facts.zone) > facts.now
    return Settling(
        facts.code,
        facts.language,
        protocol,
        choices(protocol, facts.language),
        protocol.messaging.own_words,
        reply_refused,
        waits,
        asked,
        take_refused,
    )
