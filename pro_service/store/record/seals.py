"""Seals of the audit: the next one, those stored, and what is there against what they say."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, NamedTuple, TypeAlias
from uuid import UUID

import asyncpg

from pro_service.domain.seals import Seal, SealContent
from pro_service.store.connection import Connection
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("record/seals")
_SEAL_ONLY: Final = ("format", "key_id", "signature")
AT_ONCE: Final = 500
"""Rows read ahead of whoever goes through them."""
MOST_OF_A_SEAL: Final = 20_000
"""Entries of one seal: a second's work, far within what periodic work may take."""

DirectConnection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
"""One connection, not a pool that lends one: what is read belongs to one transaction."""


class Extent(NamedTuple):
    """How many seals and entries there are, and how many entries the seals say they cover."""

    seals: int
    entries: int
    sealed: int


class SealedAnew(NamedTuple):
    """What a seal is over, counted and hashed again; no hash where nothing is left."""

    entry_count: int
    sha256: bytes | None


class EntryFault(NamedTuple):
    """An entry that is not what its seal noted of it: gone, added or changed."""

    entry_id: int
    table_name: str | None
    fault: str


class SealedEntry(NamedTuple):
    """An entry as it stands, and the hash a seal is over: another one where words were moved."""

    text: str
    sha256: bytes
    moved: bool


class RowFault(NamedTuple):
    """Rows that are not what their last entry says: changed, deleted, no_entry."""

    entry_id: int | None
    row_ids: list[UUID]
    fault: str


async def get_next_seal(connection: Connection, most: int = MOST_OF_A_SEAL) -> SealContent | None:
    """What the next seal is over, the oldest first; None if there is nothing to seal.

    It ends with the transaction of the entry that is number `most`; what is left is the next one's.
    """
    row = await connection.fetchrow(_SQL["get_next_seal"], most)
    return None if row is None else row_of(SealContent, row)


async def record_seal(connection: Connection, seal: Seal) -> bool:
    """Store a signed seal; False if another worker was quicker."""
    content = seal.content
    stored: bool = await connection.fetchval(
        _SQL["record_seal"],
        {
            "id": content.id,
            "sealed_at": content.sealed_at.isoformat(),
            "generation": content.generation,
            "first_xact_id": content.first_xact_id,
            "below_xact_id": content.below_xact_id,
            "entry_count": content.entry_count,
            "previous_sha256": content.previous_sha256.hex(),
            "sha256": content.sha256.hex(),
            "key_id": seal.key_id,
            "signature": (seal.signature or b"").hex(),
        },
    )
    return stored


@asynccontextmanager
async def one_state(connection: DirectConnection) -> AsyncIterator[None]:
    """All that is read inside is one state of the database; nothing can be written."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        yield


async def list_seals(connection: DirectConnection) -> AsyncIterator[Seal]:
    """Every seal, in order. Inside `one_state`."""
    async for row in connection.cursor(_SQL["list_seals"], prefetch=AT_ONCE):
        yield _seal(row)


async def get_newest_seal(connection: Connection) -> Seal | None:
    """The last seal; None before the first."""
    row = await connection.fetchrow(_SQL["get_newest_seal"])
    return None if row is None else _seal(row)


async def seal_anew(connection: Connection, seal_id: int) -> SealedAnew:
    """What a seal is over, from the entries that are there now."""
    row = await connection.fetchrow(_SQL["get_content_of_seal"], seal_id)
    return row_of(SealedAnew, row or {})


async def list_deviations(connection: Connection, seal_id: int, most: int) -> list[EntryFault]:
    """Where a broken seal breaks, `most` entries at most; none if it did not note any."""
    rows = await connection.fetch(_SQL["list_deviations"], seal_id, most)
    return [row_of(EntryFault, row) for row in rows]


async def list_entries_of_seal(
    connection: DirectConnection, seal_id: int
) -> AsyncIterator[SealedEntry]:
    """The entries a seal covers, with the hashes it is over. Inside `one_state`."""
    async for row in connection.cursor(_SQL["list_entries_of_seal"], seal_id, prefetch=AT_ONCE):
        yield SealedEntry(row["entry"], row["digest"], moved=row["moved"])


async def list_moved_faults(connection: Connection, most: int) -> list[EntryFault]:
    """Entries whose words were moved that are not what the move left, `most` at most."""
    rows = await connection.fetch(_SQL["list_moved_faults"], most)
    return [row_of(EntryFault, row) for row in rows]


async def get_extent(connection: Connection) -> Extent:
    """How much there is to verify."""
    row = await connection.fetchrow(_SQL["get_extent"])
    return row_of(Extent, row or {})


async def list_audited_tables(connection: Connection) -> list[str]:
    """The tables that are audited, by name."""
    return [row["table_name"] for row in await connection.fetch(_SQL["list_audited_tables"])]


async def list_row_faults(connection: Connection, table_name: str, most: int) -> list[RowFault]:
    """Rows of a table that no longer are what the audit says, `most` at most."""
    rows = await connection.fetch(_SQL["list_row_faults"], table_name, most)
    return [row_of(RowFault, row) for row in rows]


def _seal(row: Mapping[str, Any]) -> Seal:
    content = {name: value for name, value in row.items() if name not in _SEAL_ONLY}
    return Seal(
        row_of(SealContent, content),
        format=row["format"],
        key_id=row["key_id"],
        signature=row["signature"],
    )
