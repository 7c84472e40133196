"""Writing answers, scores and what follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from pro_service.store.connection import Connection, write
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("answering/answers")


async def record_answers(
    connection: Connection,
    study_id: UUID,
    participant_id: UUID,
    revision: int,
    document: Mapping[str, Any],
) -> None:
    """Store answers with all that follows, in one statement.

    Raises StaleRevisionError if the facts moved on, DuplicateError for a request stored before.
    """
    await write(
        connection, _SQL["record_answers"], study_id, participant_id, revision, dict(document)
    )


async def find_web_write(connection: Connection, study_id: UUID, key: str) -> bool:
    """Whether a request with this idempotency key has been stored."""
    return await connection.fetchval(_SQL["find_web_write"], study_id, key) is not None


async def record_partial_scores(
    connection: Connection,
    study_id: UUID,
    participant_id: UUID,
    revision: int,
    document: Mapping[str, Any],
) -> None:
    """Store the scores of sittings left unfinished at closing. Raises StaleRevisionError."""
    await write(
        connection,
        _SQL["record_partial_scores"],
        study_id,
        participant_id,
        revision,
        dict(document),
    )


async def list_closed_unscored(connection: Connection, limit: int) -> list[tuple[UUID, UUID]]:
    """(study, participant) with an unfinished sitting at a visit that has closed."""
    rows = await connection.fetch(_SQL["list_closed_unscored"], limit)
    return [(row["study_id"], row["participant_id"]) for row in rows]
