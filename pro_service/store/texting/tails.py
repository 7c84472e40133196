"""What the endings of telephone numbers are found by, where it is still to be filled in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.store.connection import Connection
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("texting/tails")


class TaillessNumber(NamedTuple):
    """A sealed number without the index of its ending, and the keys for both."""

    study_id: UUID
    id: UUID
    address_sealed: bytes
    address_key: str
    index_key: str
    data_key_id: UUID
    wrapped: bytes
    wrapping_key: str


class Tail(NamedTuple):
    """What the ending of one number is found by."""

    study_id: UUID
    contact_id: UUID
    tail: bytes


async def list_without_tail(
    connection: Connection, after: tuple[UUID, UUID], most: int
) -> list[TaillessNumber]:
    """Numbers that are not found by their ending yet, behind one (study and contact)."""
    rows = await connection.fetch(_SQL["list_without_tail"], *after, most)
    return [row_of(TaillessNumber, row) for row in rows]


async def record_tails(connection: Connection, tails: Sequence[Tail]) -> int:
    """Fill them in; returns at how many numbers."""
    columns = ([one[place] for one in tails] for place in range(3))
    return len(await connection.fetch(_SQL["record_tails"], *columns))
