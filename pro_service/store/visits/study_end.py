"""A study's end as it is kept, and what it is decided from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.store.connection import Connection, write
from pro_service.store.ids import new_id
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("visits/study_end")


class OpenMatter(NamedTuple):
    """Something about a participant (of nobody: an empty code) that is not over."""

    code: str
    what: str


class PersonAtSite(NamedTuple):
    """A participant, at the site where they are now."""

    id: UUID
    code: str
    site: str


class ClosingSeen(NamedTuple):
    """When a study was closed (study time), by whom, and the hash of what was handed over."""

    recorded_at: datetime
    actor: str
    sums_sha256: str


async def list_open_matters(connection: Connection, study_id: UUID) -> list[OpenMatter]:
    """Urgent alerts that are not closed, and texts nobody has read."""
    rows = await connection.fetch(_SQL["list_open_matters"], study_id)
    return [row_of(OpenMatter, row) for row in rows]


async def list_people_by_site(connection: Connection, study_id: UUID) -> list[PersonAtSite]:
    """Everybody who was enrolled, at the site where they are now."""
    rows = await connection.fetch(_SQL["list_people_by_site"], study_id)
    return [row_of(PersonAtSite, row) for row in rows]


async def list_logins_of_role(
    connection: Connection, study_id: UUID, role: str
) -> Mapping[str, list[str]]:
    """Who holds a role now, by site."""
    found: dict[str, list[str]] = {}
    for row in await connection.fetch(_SQL["list_logins_of_role"], study_id, role):
        found.setdefault(row["site"], []).append(row["login"])
    return found


async def find_closing(connection: Connection, study_id: UUID) -> ClosingSeen | None:
    """The study's closing; None: it goes on."""
    row = await connection.fetchrow(_SQL["find_closing"], study_id)
    return None if row is None else row_of(ClosingSeen, row)


async def insert_closing(
    connection: Connection, study_id: UUID, handed: tuple[str, int], by: tuple[str, str]
) -> None:
    """Keep that it is closed: the hash and the participants handed over, by whom and why.

    Raises DuplicateError.
    """
    await write(connection, _SQL["insert_closing"], study_id, new_id(), *handed, *by)
