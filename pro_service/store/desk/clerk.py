"""What staff write: the place found under row-level security, then a turn of the participant's.

All of it runs as the desk.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.store.connection import Connection
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("desk/clerk")


class Place(NamedTuple):
    """A participant seen from the desk; `site_id` is None where they are at no site of ours now."""

    participant_id: UUID
    code: str
    site_id: UUID | None
    restricted: bool = False
    """Whether nothing is done about them but to store, to secure and to see to safety (R17)."""


async def find_place(connection: Connection, study_id: UUID, code: str) -> Place | None:
    """The participant of a code."""
    return await _place(connection, "find_place", study_id, code)


async def find_place_of_alert(connection: Connection, study_id: UUID, row: UUID) -> Place | None:
    """Whose alert it is."""
    return await _place(connection, "find_place_of_alert", study_id, row)


async def find_place_of_call(connection: Connection, study_id: UUID, row: UUID) -> Place | None:
    """Who is to be called."""
    return await _place(connection, "find_place_of_call", study_id, row)


async def find_place_of_message(connection: Connection, study_id: UUID, row: UUID) -> Place | None:
    """To whom a text was to go."""
    return await _place(connection, "find_place_of_message", study_id, row)


async def list_present_codes(
    connection: Connection, study_id: UUID, codes: Collection[str]
) -> frozenset[str]:
    """Who of those named is now at a site of ours."""
    rows = await connection.fetch(_SQL["list_present_codes"], study_id, list(codes))
    return frozenset(row["code"] for row in rows)


async def _place(
    connection: Connection, query: str, study_id: UUID, key: str | UUID
) -> Place | None:
    row = await connection.fetchrow(_SQL[query], study_id, key)
    return None if row is None else Place(**row)
