"""Writing answers, scores and what follows from them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from pro_service.store.connection import Connection, Guard, write
from pro_service.store.sql_files import load_queries
from pro_service.store.writes import (
    AlertRow,
    AttemptRow,
    QueryRow,
    ResponseRow,
    ScoreRow,
    VisitDoneRow,
)

_SQL: Final = load_queries("answering/answers")


@dataclass
class AnswersWrite:
    """What was answered, with all that follows from it; empty, it takes the turn alone."""

    web_key: str | None = None
    """The idempotency key of the request that brought the answers; a second copy is refused."""
    attempts: list[AttemptRow] = field(default_factory=list)
    responses: list[ResponseRow] = field(default_factory=list)
    scores: list[ScoreRow] = field(default_factory=list)
    submitted: list[UUID] = field(default_factory=list)
    """Assessments sent in."""
    attempts_submitted: list[UUID] = field(default_factory=list)
    declined: list[UUID] = field(default_factory=list)
    """Assessments the participant chose not to answer this time."""
    alerts: list[AlertRow] = field(default_factory=list)
    queries: list[QueryRow] = field(default_factory=list)
    visits_done: list[VisitDoneRow] = field(default_factory=list)


@dataclass
class PartialScoresWrite:
    """Scores of sittings left unfinished when their visit closed."""

    scores: list[ScoreRow] = field(default_factory=list)
    partial: list[UUID] = field(default_factory=list)
    """Assessments scored so, once."""


async def record_answers(connection: Connection, guard: Guard, document: AnswersWrite) -> None:
    """Store answers with all that follows, in one statement.

    Raises StaleRevisionError if the facts moved on, DuplicateError for a request stored before.
    """
    await write(connection, _SQL["record_answers"], *guard, document)


async def find_web_write(connection: Connection, study_id: UUID, key: str) -> bool:
    """Whether a request with this idempotency key has been stored."""
    return await connection.fetchval(_SQL["find_web_write"], study_id, key) is not None


async def record_partial_scores(
    connection: Connection, guard: Guard, document: PartialScoresWrite
) -> None:
    """Store the scores of sittings left unfinished at closing. Raises StaleRevisionError."""
    await write(connection, _SQL["record_partial_scores"], *guard, document)


async def list_closed_unscored(connection: Connection, limit: int) -> list[tuple[UUID, UUID]]:
    """(study, participant) with an unfinished sitting at a visit that has closed."""
    rows = await connection.fetch(_SQL["list_closed_unscored"], limit)
    return [(row["study_id"], row["participant_id"]) for row in rows]
