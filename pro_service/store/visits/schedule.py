"""Writing enrolments, events and the schedules that follow from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from pro_service.store.connection import Connection, write
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("visits/schedule")


async def insert_participant(
    connection: Connection, study_id: UUID, document: Mapping[str, Any]
) -> None:
    """Enrol one participant. Raises DuplicateError for a code in use."""
    await write(connection, _SQL["insert_participant"], study_id, dict(document))


async def write_schedule(
    connection: Connection,
    study_id: UUID,
    participant_id: UUID,
    revision: int,
    document: Mapping[str, Any],
) -> None:
    """Record events and statuses with the schedule they lead to. Raises StaleRevisionError."""
    await write(
        connection, _SQL["write_schedule"], study_id, participant_id, revision, dict(document)
    )


async def list_last_revisions(
    connection: Connection, study_id: UUID, participant_id: UUID
) -> dict[tuple[str, int], int]:
    """The highest schedule revision ever used, by definition and occurrence."""
    rows = await connection.fetch(_SQL["list_last_revisions"], study_id, participant_id)
    return {(row["definition"], row["occurrence"]): row["schedule_revision"] for row in rows}
