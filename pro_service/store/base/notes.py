"""Notes kept, and the key of whom they are about found."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from pro_service.store.connection import Connection
from pro_service.store.notes import NoteRow, OwnKey
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("base/notes")


async def give_note(
    connection: Connection, study_id: UUID, participant_id: UUID, note: NoteRow
) -> None:
    """Keep a note, and let it be the reason of the transaction under way."""
    await connection.execute(_SQL["give_note"], study_id, participant_id, *note)


async def find_participant_key(
    connection: Connection, study_id: UUID, participant_id: UUID
) -> OwnKey | None:
    """The participant's wrapped key; None where it was destroyed or is not seen."""
    row = await connection.fetchrow(_SQL["find_participant_key"], study_id, participant_id)
    return None if row is None else row_of(OwnKey, row)
