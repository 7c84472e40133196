"""Sittings that staff type in: which are open, and who may type. Read as the clerk."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.store.connection import Connection
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("desk/entry")


class EntryRow(NamedTuple):
    """A sitting that was typed in, by whom (`actor`); never what was answered in it."""

    id: UUID
    assessment_id: UUID
    mode: str
    respondent: str
    respondent_relation: str | None
    language: str
    told_at: datetime
    """When it was answered, as claimed."""
    actor: str
    sent: bool
    apart: str | None


async def get_entry(
    connection: Connection, study_id: UUID, participant_id: UUID, attempt_id: UUID
) -> EntryRow | None:
    """The entry of this id, if it is one of the participant's."""
    row = await connection.fetchrow(_SQL["get_entry"], study_id, participant_id, attempt_id)
    return None if row is None else row_of(EntryRow, row)


async def list_open_entries(
    connection: Connection, study_id: UUID, participant_id: UUID, actor: str
) -> list[EntryRow]:
    """What somebody began to type and did not send, the newest first."""
    rows = await connection.fetch(_SQL["list_open_entries"], study_id, participant_id, actor)
    return [row_of(EntryRow, row) for row in rows]


async def list_duties(connection: Connection, study_id: UUID, staff_id: UUID) -> frozenset[str]:
    """The duties somebody holds that keep them from entering answers."""
    rows = await connection.fetch(_SQL["list_duties"], study_id, staff_id)
    return frozenset(row["duty"] for row in rows)
