"""Holds on sending, which a restore begins and a named person releases."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.store.connection import Connection
from pro_service.store.ids import new_id
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("keeping/holds")


class Hold(NamedTuple):
    """Why nothing is sent, since when, and when the backup was made (both machine time)."""

    id: UUID
    began_at: datetime
    why: str
    backup_at: datetime | None


async def get_open_hold(connection: Connection) -> Hold | None:
    """The hold that is open; None: texts go."""
    row = await connection.fetchrow(_SQL["get_open_hold"])
    return None if row is None else row_of(Hold, row)


async def get_last_hold_began(connection: Connection) -> datetime | None:
    """When sending was last held, released or not (machine time); None: never."""
    at: datetime | None = await connection.fetchval(_SQL["get_last_hold_began"])
    return at


async def insert_hold(
    connection: Connection, why: str, backup_at: datetime | None, actor: str
) -> None:
    """Hold sending from now on."""
    await connection.execute(_SQL["insert_hold"], new_id(), why, backup_at, actor)


async def release_hold(connection: Connection, actor: str, reason: str) -> bool:
    """Let sending go on; False where it was not held."""
    return await connection.fetchval(_SQL["release_hold"], actor, reason) is not None


async def get_left_timeline(connection: Connection) -> int | None:
    """The line of its log the server was known to be on, if it goes on from another now."""
    timeline: int | None = await connection.fetchval(_SQL["get_left_timeline"])
    return timeline


async def accept_timeline(connection: Connection, why: str, actor: str) -> bool:
    """Vouch for the line of its log the server is on; False where that was done before."""
    return await connection.fetchval(_SQL["accept_timeline"], new_id(), why, actor) is not None


async def note_first_timeline(connection: Connection, actor: str) -> None:
    """Note the line of its log the server is on, where none was ever noted."""
    await connection.execute(_SQL["note_first_timeline"], new_id(), "first seen", actor)
