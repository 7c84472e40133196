"""The rotas of sites: what stands in them, who works there, and what is put in and taken out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any, Final, NamedTuple
from uuid import UUID

from pro_service.domain.study.duty import EntryKind, RotaEntry
from pro_service.store.connection import Connection, write
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("study/rota")


class StaffRow(NamedTuple):
    """Somebody who works at a site now, in which roles there or in the whole study.

    Without a role: somebody of its rota who works there no more.
    """

    id: UUID
    login: str
    roles: frozenset[str]
    wide_roles: frozenset[str]
    """Those of them that are held in the whole study."""


class RotaRow(NamedTuple):
    """A site and its rota: what stands in it now or later."""

    id: UUID
    code: str
    name: str
    zone: str
    country: str
    now: datetime
    """Study time."""
    was_set: bool
    """Whether anything ever stood in it."""
    entries: tuple[RotaEntry, ...]
    staff: tuple[StaffRow, ...]


async def list_rotas(connection: Connection, study_id: UUID) -> list[RotaRow]:
    """The sites seen from here with their rotas, by code."""
    return [
        row_of(
            RotaRow,
            row,
            entries=tuple(_entry(one) for one in row["entries"]),
            staff=tuple(
                StaffRow(
                    UUID(one["id"]),
                    one["login"],
                    frozenset(one["roles"]),
                    frozenset(one["wide_roles"]),
                )
                for one in row["staff"]
            ),
        )
        for row in await connection.fetch(_SQL["list_rotas"], study_id)
    ]


async def insert_rota_entry(
    connection: Connection, study_id: UUID, site_id: UUID, entry: RotaEntry, actor: str
) -> None:
    """Put something into a site's rota. Raises DuplicateError for a second copy."""
    await write(
        connection,
        _SQL["insert_rota_entry"],
        study_id,
        entry.id,
        site_id,
        entry.kind,
        sorted(entry.weekdays),
        *entry[3:],
        actor,
    )


async def end_rota_entry(
    connection: Connection,
    study_id: UUID,
    site_id: UUID,
    *,
    entry_id: UUID,
    row_id: UUID,
    actor: str,
) -> None:
    """Take something out of a site's rota. Raises DuplicateError where it is out already."""
    await write(connection, _SQL["end_rota_entry"], study_id, entry_id, site_id, row_id, actor)


def _entry(one: Mapping[str, Any]) -> RotaEntry:
    return RotaEntry(
        id=UUID(one["id"]),
        kind=EntryKind(one["kind"]),
        weekdays=frozenset(one["weekdays"]),
        begins=None if one["begins"] is None else time.fromisoformat(one["begins"]),
        ends=None if one["ends"] is None else time.fromisoformat(one["ends"]),
        person=None if one["person"] is None else UUID(one["person"]),
        deputy=None if one["deputy"] is None else UUID(one["deputy"]),
        first_on=date.fromisoformat(one["first_on"]),
        last_on=None if one["last_on"] is None else date.fromisoformat(one["last_on"]),
    )
