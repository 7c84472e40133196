"""Standbys that are read from: whether they have all of it, and how old what they show may be."""

from __future__ import annotations

from typing import Final, NamedTuple

from pro_service.store.connection import Connection
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("base/copies")


async def get_log_position(connection: Connection) -> str:
    """How far the server that takes writes has come."""
    position: str = await connection.fetchval(_SQL["get_log_position"])
    return position


async def has_replayed(copy: Connection, position: str) -> bool:
    """Whether a standby has come so far."""
    return bool(await copy.fetchval(_SQL["has_replayed"], position))


class Identity(NamedTuple):
    """Whose data a server has."""

    system_identifier: int
    is_standby: bool
    timeline: int


async def get_identity(connection: Connection) -> Identity:
    """Which database system a server belongs to, and on which line of its log it is."""
    row = await connection.fetchrow(_SQL["get_identity"])
    if row is None:
        raise AssertionError("functions that return one row return one")
    return row_of(Identity, row)


async def get_age(copy: Connection) -> float | None:
    """Seconds: what was written later may be missing. None: it is no standby, or never heard."""
    seconds: float | None = await copy.fetchval(_SQL["get_age"])
    return seconds
