"""Messages as rows: sealed, counted in segments, on the line they go over."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from pro_service.domain.delivery.addresses import address_of
from pro_service.domain.delivery.contacts import ContactFacts
from pro_service.domain.delivery.segments import Segments, segments
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.services.base.context import ServiceContext
from pro_service.store.connection import Connection
from pro_service.store.ids import new_id
from pro_service.store.texting import messages
from pro_service.store.texting.messages import MessageRow
from pro_service.store.texting.sending import LineWrittenTo
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
    """The line from one of our addresses to a number; a new one comes with the row to insert.

    An address that was corrected or moved is one with what it was, and so is its line.
    """
    indexes = indexes_of(context, their_address)
    found = await messages.find_line(connection, study_id, sender_id, indexes)
    if found is not None:
        return line_found(found)
    key = await context.keys.study_key(connection, study_id)
    return new_line(context, sender_id, their_address, key=key, actor=actor)


def line_found(row: messages.LineRow) -> Line:
    """A line that is there."""
    return Line(row.id, row.focus_participant_id, row.focused_at, None)


def new_line(
    context: ServiceContext, sender_id: UUID, their_address: str, *, key: UUID, actor: str
) -> Line:
    """A line used for the first time; `key` is the study's own, opened."""
    line_id = new_id()
    sealed = places.LINE_ADDRESS.seal(
        context.keys.vault, their_address, data_key=key, row_id=line_id
    )
    row = LineRow(
        id=line_id,
        sender_id=sender_id,
        their_index=context.keys.vault.blind_index(address_of(their_address)),
        their_address_sealed=sealed.ciphertext,
        their_address_key=sealed.key,
        actor=actor,
    )
    return Line(line_id, None, None, row)


def indexes_of(context: ServiceContext, number: str) -> list[bytes]:
    """What an address may be stored under: its blind index under every index key."""
    return [index for _, index in context.keys.vault.blind_indexes(address_of(number))]


def open_number(context: ServiceContext, facts: ParticipantFacts) -> str | None:
    """The number texts go to in the clear, for the call out only."""
    return None if facts.contact is None else open_address(context, facts.contact)


def open_address(context: ServiceContext, contact: ContactFacts) -> str:
    """A contact's address in the clear."""
    return places.NUMBER.open(
        context.keys.vault,
        bytes.fromhex(contact.address_sealed),
        key=contact.address_key,
        row_id=contact.id,
    )


def contact_at(
    context: ServiceContext, facts: ParticipantFacts, number: str
) -> ContactFacts | None:
    """Whose of the participant's contacts an address is; None: it is nobody's now."""
    known = {index.hex() for index in indexes_of(context, number)}
    kind = address_of(number).kind
    found = (one for one in facts.contacts if one.kind == kind and one.blind_index in known)
    return next(found, None)


def number_of(context: ServiceContext, row: MessageRow | LineWrittenTo) -> str:
    """The number of a message's line; the study's key has been opened."""
    return places.LINE_ADDRESS.open(
        context.keys.vault, row.their_address_sealed, key=row.their_address_key, row_id=row.line_id
    )


def seal_parameters(
    context: ServiceContext, *, message_id: UUID, data_key: UUID, parameters: str | None
) -> bytes | None:
    """Seal what fills a registered template, under the key of the message's words."""
    if parameters is None:
        return None
    return places.MESSAGE_PARAMETERS.seal(
        context.keys.vault, parameters, data_key=data_key, row_id=message_id
    ).ciphertext


class SealedBody(NamedTuple):
    """A text as it is stored: sealed under its owner's key, and how it is counted."""

    body_sealed: bytes
    body_key: str
    encoding: str
    segments: int


def seal_body(
    context: ServiceContext,
    *,
    message_id: UUID,
    data_key: UUID,
    body: str,
    counted: Segments | None = None,
) -> SealedBody:
    """Seal a message's words and count their segments, unless they are `counted` already."""
    sealed = places.MESSAGE_BODY.seal(
        context.keys.vault, body, data_key=data_key, row_id=message_id
    )
    counted = counted or segments(body)
    return SealedBody(sealed.ciphertext, sealed.key, counted.encoding, counted.segments)
