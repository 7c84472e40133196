"""Pages of participants, alerts and calls, as far as row-level security shows them.

Each item is JSON already: the database writes a page of a hundred in one statement, and nothing is
taken apart here to be put together again. Such a statement says itself who looks: it needs no
transaction, and is one trip.
"""

from __future__ import annotations

from typing import Final, NamedTuple
from uuid import UUID

from pro_service.store.connection import Connection, Looking
from pro_service.store.rows import rows_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("api/listed")


class Listed(NamedTuple):
    """An item of a list, written as it goes out, and its place in the list's order."""

    place: str
    item: str
    """JSON of the model the API describes."""


class Sought(NamedTuple):
    """Which participants: those after a code, or just one; None: all, and of every site."""

    after: str | None = None
    just: str | None = None
    site: str | None = None


async def list_participants_after(
    connection: Connection, who: Looking, study_id: UUID, sought: Sought, most: int
) -> list[Listed]:
    """Participants by code."""
    rows = await connection.fetch(_SQL["list_participants_after"], *who, study_id, *sought, most)
    return rows_of(Listed, rows)


async def find_code(connection: Connection, study_id: UUID, participant_id: UUID) -> str | None:
    """The code of a participant seen from here."""
    code: str | None = await connection.fetchval(_SQL["find_code"], study_id, participant_id)
    return code


async def list_alerts_after(
    connection: Connection, who: Looking, study_id: UUID, after: UUID | None, most: int
) -> list[Listed]:
    """Alerts in the order in which they were raised, after one."""
    rows = await connection.fetch(_SQL["list_alerts_after"], *who, study_id, after, most)
    return rows_of(Listed, rows)


async def list_calls_after(
    connection: Connection, who: Looking, study_id: UUID, after: UUID | None, most: int
) -> list[Listed]:
    """Calls in the order in which they were wanted, after one."""
    rows = await connection.fetch(_SQL["list_calls_after"], *who, study_id, after, most)
    return rows_of(Listed, rows)
