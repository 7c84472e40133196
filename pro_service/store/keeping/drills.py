"""What a restored database is asked in a drill."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.store.connection import Connection
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("keeping/drills")


class Known(NamedTuple):
    """How many of those asked about the database has."""

    participants: int
    messages: int


async def get_replayed_at(connection: Connection) -> datetime | None:
    """Until when the server's log was replayed; None where it was not restored from one."""
    at: datetime | None = await connection.fetchval(_SQL["get_replayed_at"])
    return at


async def list_databases(connection: Connection) -> list[str]:
    """The databases of the server, by name."""
    return [row["name"] for row in await connection.fetch(_SQL["list_databases"])]


async def holds_ours(connection: Connection) -> bool:
    """Whether the database connected to has the service's schema."""
    ours: bool = await connection.fetchval(_SQL["holds_ours"])
    return ours


async def count_known(
    connection: Connection, participants: Collection[UUID], messages: Collection[UUID]
) -> Known:
    """How many of these the database has."""
    row = await connection.fetchrow(_SQL["count_known"], list(participants), list(messages))
    if row is None:
        raise AssertionError("a statement without FROM gives one row")
    return row_of(Known, row)
