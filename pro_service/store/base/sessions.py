"""Sessions: what a pooler keeps of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

import asyncpg

from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("base/sessions")


class Session(NamedTuple):
    """The mark somebody put into a session, and the role it works as."""

    mark: str | None
    works_as: str


async def set_session(connection: asyncpg.Connection, settings: Mapping[str, str]) -> None:
    """Set what the start message could not."""
    await connection.fetchval(_SQL["set_session"], settings)


async def mark_session(connection: asyncpg.Connection, mark: str) -> None:
    """Put a mark into the session, until it ends."""
    await connection.fetchval(_SQL["mark_session"], mark)


async def get_session(connection: asyncpg.Connection) -> Session:
    """Whose session this is."""
    row = await connection.fetchrow(_SQL["get_session"])
    if row is None:
        raise AssertionError("a statement without FROM gives one row")
    return row_of(Session, row)
