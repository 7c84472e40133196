"""Scores as they stand, the answers behind them, and further revisions of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.instruments.numbers import Value
from pro_service.store.connection import Connection, Guard, write
from pro_service.store.rows import answer, row_of
from pro_service.store.sql_files import load_queries
from pro_service.store.writes import QueryRow, ScoreRow

_SQL: Final = load_queries("answering/rescoring")


@dataclass
class RescoringWrite:
    """Further revisions of scores, and questions about answers that cannot be read."""

    scores: list[ScoreRow] = field(default_factory=list)
    queries: list[QueryRow] = field(default_factory=list)


class StandingScore(NamedTuple):
    """One scale of one sitting as last written, with where it belongs."""

    id: UUID
    assessment_id: UUID
    attempt_id: UUID
    visit: str
    target: str
    basis: str
    scale: str
    instrument: str
    instrument_version: str
    scoring_version: str
    raw: Decimal | None
    normalised: Decimal | None
    answered: int
    substituted: int
    absent_reason: str | None


class SittingAnswer(NamedTuple):
    """What stands answered to one item in one sitting; no value is a gap."""

    attempt_id: UUID
    item: str
    value: Value | None
    response_id: UUID


async def list_scored_participants(
    connection: Connection, study_id: UUID
) -> list[tuple[UUID, str]]:
    """Participants with scores: id and code."""
    rows = await connection.fetch(_SQL["list_scored_participants"], study_id)
    return [(row["id"], row["code"]) for row in rows]


async def get_revision(connection: Connection, study_id: UUID, participant_id: UUID) -> int:
    """The revision that guards the next write; read before what it guards."""
    return int(await connection.fetchval(_SQL["get_revision"], study_id, participant_id))


async def list_standing_scores(
    connection: Connection, study_id: UUID, participant_id: UUID
) -> list[StandingScore]:
    """The scores of a participant that stand."""
    rows = await connection.fetch(_SQL["list_standing_scores"], study_id, participant_id)
    return [row_of(StandingScore, row) for row in rows]


async def list_sitting_answers(
    connection: Connection, study_id: UUID, participant_id: UUID
) -> list[SittingAnswer]:
    """What stands answered in each sitting of a participant."""
    rows = await connection.fetch(_SQL["list_sitting_answers"], study_id, participant_id)
    return [row_of(SittingAnswer, row, value=answer(row["value"])) for row in rows]


async def give_reason(connection: Connection, reason: str) -> None:
    """Say for this connection why it writes."""
    await connection.fetchval(_SQL["give_reason"], reason)


async def record_rescoring(connection: Connection, guard: Guard, document: RescoringWrite) -> None:
    """Add further revisions of scores. Raises StaleRevisionError if the facts moved on."""
    await write(connection, _SQL["record_rescoring"], *guard, document)
