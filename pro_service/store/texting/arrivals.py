"""Where texts come from: our sender, the line, and who uses the number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.delivery.contacts import ContactRelation
from pro_service.store.around import FactsAround
from pro_service.store.connection import Connection
from pro_service.store.rows import parts_of, row_of
from pro_service.store.sql_files import load_queries
from pro_service.store.texting.messages import CarrierRow, LineRow, OwnedSender, carrier_of

_SQL: Final = load_queries("texting/arrivals")


class LineParticipant(NamedTuple):
    """Somebody who uses a number, and the dialogue open with them on it (JSON), if any."""

    now: datetime
    """When this was read (study time)."""
    id: UUID
    personal_code: str
    dialogue: str | None
    to_confirm: UUID | None = None
    """The number's record where it is new and not confirmed yet: they do not use it so far."""
    relation: ContactRelation = "self"
    """What whoever owns the number is to them."""
    may_be_texted: bool = True
    """Whether the owner of the number agreed to texts, where that is somebody else."""
    silenced_at: datetime | None = None
    """When the line last asked for no texts, whether or not that still holds (study time)."""
    staff_wrote: bool = False
    """Whether what staff wrote went out on the line after our last reminder there."""
    contact_id: UUID | None = None
    """The number's record."""
    first_text: UUID | None = None
    """The first text that is to prove the number, unanswered so far."""


class Arrived(NamedTuple):
    """Where a text came from: our sender, the line if there is one, and who uses the number."""

    sender: OwnedSender
    line: LineRow | None
    users: Sequence[LineParticipant]
    carriers: Mapping[UUID, CarrierRow]
    """By participant: how far the text with the question they were asked last has come."""
    around: Mapping[UUID, FactsAround]
    """By participant: what stands around their facts, where that was asked."""


async def find_arrival(
    connection: Connection,
    provider: str,
    addresses: Sequence[str],
    their_indexes: Sequence[bytes],
    *,
    came_at: datetime | None,
    in_hand: bool,
) -> Arrived | None:
    """Where a text came from, by the first of these addresses that is ours; None: none is.

    `came_at` as for `get_carrier`; `in_hand`: what stands around facts is asked as well.
    """
    rows = await connection.fetch(
        _SQL["find_arrival"], provider, list(addresses), list(their_indexes), came_at, in_hand
    )
    parts = [parts_of(row) for row in rows]
    if not parts or (sender := parts[0]["sender"]) is None:
        return None
    line = parts[0]["line"]
    users: list[LineParticipant] = []
    carriers: dict[UUID, CarrierRow] = {}
    around: dict[UUID, FactsAround] = {}
    for one in parts:
        if (user := one["user"]) is None:
            continue
        users.append(row_of(LineParticipant, user))
        if (carrier := one["carrier"]) is not None:
            carriers[user["id"]] = carrier_of(carrier)
        if (stands := one["around"]) is not None:
            around[user["id"]] = row_of(FactsAround, stands)
    found = None if line is None else row_of(LineRow, line)
    return Arrived(row_of(OwnedSender, sender), found, users, carriers, around)


async def list_line_participants(
    connection: Connection, study_id: UUID, their_indexes: Sequence[bytes], line_id: UUID
) -> list[LineParticipant]:
    """Who now uses a number, with the dialogues open on one of its lines."""
    rows = await connection.fetch(
        _SQL["list_line_participants"], study_id, list(their_indexes), line_id
    )
    return [row_of(LineParticipant, row) for row in rows]
