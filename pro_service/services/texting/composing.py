"""Messages as rows: sealed, counted in segments, on the line they go over."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from pro_service.domain.delivery.segments import segments
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.services.base.context import ServiceContext
from pro_service.store.connection import Connection
from pro_service.store.ids import new_id
from pro_service.store.texting import messages
from pro_service.store.writes import LineRow
from pro_service.vault import places


class Line(NamedTuple):
    """The line to use, and the row to insert where it is new."""

    id: UUID
    focus_participant_id: UUID | None
    focused_at: datetime | None
    row: LineRow | None


async def line_to(
    connection: Connection,
    context: ServiceContext,
    study_id: UUID,
    sender_id: UUID,
    their_address: str,
    actor: str,
) -> Line:
    """The line from one of our addresses to a number; a new one comes with the row to insert."""
    indexes = [index for _, index in context.vault.blind_indexes(their_address)]
    found = await messages.find_line(connection, study_id, sender_id, indexes)
    if found is not None:
        return Line(found.id, found.focus_participant_id, found.focused_at, None)
    line_id = new_id()
    key = await context.study_key(connection, study_id)
    sealed = places.LINE_ADDRESS.seal(context.vault, their_address, data_key=key, row_id=line_id)
    row = LineRow(
        id=line_id,
        sender_id=sender_id,
        their_index=context.vault.blind_index(their_address),
        their_address_sealed=sealed.ciphertext,
        their_address_key=sealed.key,
        actor=actor,
    )
    return Line(line_id, None, None, row)


def open_number(context: ServiceContext, facts: ParticipantFacts) -> str | None:
    """The participant's present number in the clear, for the call out only."""
    if facts.contact is None:
        return None
    return places.NUMBER.open(
        context.vault,
        bytes.fromhex(facts.contact.address_sealed),
        key=facts.contact.address_key,
        row_id=facts.contact.id,
    )


class SealedBody(NamedTuple):
    """A text as it is stored: sealed under its owner's key, and how it is counted."""

    body_sealed: bytes
    body_key: str
    encoding: str
    segments: int


def seal_body(
    context: ServiceContext, *, message_id: UUID, data_key: UUID, body: str
) -> SealedBody:
    """Seal a message's words and count their segments."""
    sealed = places.MESSAGE_BODY.seal(context.vault, body, data_key=data_key, row_id=message_id)
    counted = segments(body)
    return SealedBody(sealed.ciphertext, sealed.key, counted.encoding, counted.segments)
