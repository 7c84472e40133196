"""Data cuts: instants of study time with a name."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.store.connection import Connection
from pro_service.store.ids import new_id
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("exports/cuts")


class CutRow(NamedTuple):
    """A data cut. Instants are study time, aware UTC."""

    name: str
    cut_at: datetime
    """What was recorded until then is in it."""
    reason: str
    recorded_at: datetime
    actor: str


async def insert_cut(
    connection: Connection, study_id: UUID, name: str, cut_at: datetime, *, reason: str, actor: str
) -> bool:
    """Give an instant a name; False where the name is given already."""
    made = await connection.fetchval(
        _SQL["insert_cut"], study_id, new_id(), name, cut_at, reason, actor
    )
    return made is not None


async def list_cuts(connection: Connection, study_id: UUID) -> list[CutRow]:
    """The data cuts of a study, the latest instant last."""
    rows = await connection.fetch(_SQL["list_cuts"], study_id)
    return [row_of(CutRow, row) for row in rows]
