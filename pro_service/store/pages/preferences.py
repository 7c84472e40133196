"""What only the participants' pages write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from pro_service.store.connection import Connection, write
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("pages/preferences")


async def keep_overtaken_answers(
    connection: Connection, study_id: UUID, participant_id: UUID, document: Mapping[str, Any]
) -> None:
    """Store answers that others had overtaken, without making them current.

    Raises DuplicateError for a request stored before.
    """
    await write(
        connection, _SQL["keep_overtaken_answers"], study_id, participant_id, dict(document)
    )


async def record_choice(
    connection: Connection,
    study_id: UUID,
    participant_id: UUID,
    revision: int,
    document: Mapping[str, Any],
) -> None:
    """Keep a choice of the participant. Raises StaleRevisionError, DuplicateError."""
    await write(
        connection, _SQL["record_choice"], study_id, participant_id, revision, dict(document)
    )
