"""What participants answered in an earlier study, as files brought it in."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final, NamedTuple
from uuid import UUID

from pro_service.domain.instruments.numbers import Value, plain
from pro_service.domain.study.facts import Target
from pro_service.store.connection import Connection
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("answering/history")


class PastPerson(NamedTuple):
    """A participant about whom a file may speak."""

    participant_id: UUID
    code: str
    protocol_version_id: UUID
    entered_on: date
    """The day they were entered here, of their own calendar."""
    revision: int
    restricted: bool
    withdrew: bool
    """They withdrew the use of their data."""


class PastSitting(NamedTuple):
    """A sitting of an earlier study, as it stands."""

    thing_id: UUID
    revision: int
    number: int
    participant_id: UUID
    instrument: str
    target: Target
    answered_on: date
    respondent: str
    respondent_relation: str | None
    answers: dict[str, Value]


class HistoryImportRow(NamedTuple):
    """A file of an earlier study."""

    id: UUID
    file_name: str
    file_sha256: str
    row_count: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class HistorySittingRow:
    """One revision of a sitting."""

    id: UUID
    thing_id: UUID
    revision: int
    number: int
    participant_id: UUID
    instrument: str
    instrument_version: str
    instrument_sha256: str
    target: Target
    answered_on: date
    respondent: str
    respondent_relation: str | None
    answers: dict[str, Value]
    source_row: int


@dataclass(frozen=True, kw_only=True)
class HistoryScoreRow:
    """One scale of a sitting."""

    id: UUID
    participant_id: UUID
    sitting_id: UUID
    scale: str
    scoring_version: str
    raw: Decimal | None
    normalised: Decimal | None
    lowest: int
    highest: int
    answered: int
    substituted: int
    absent_reason: str | None


class SittingSeen(NamedTuple):
    """A sitting of an earlier study, as the desk shows it."""

    instrument: str
    target: Target
    answered_on: date
    file_name: str
    source_row: int
    scores: list[dict[str, Any]]
    """Each: scale, raw, normalised, as texts."""


async def list_past_people(
    connection: Connection, study_id: UUID, codes: Collection[str]
) -> dict[str, PastPerson]:
    """The participants of some codes, by code."""
    rows = await connection.fetch(_SQL["list_past_people"], study_id, list(codes))
    return {row["code"]: row_of(PastPerson, row) for row in rows}


async def list_history(
    connection: Connection, study_id: UUID, participants: Collection[UUID]
) -> list[PastSitting]:
    """What stands now of some participants."""
    rows = await connection.fetch(_SQL["list_history"], study_id, list(participants))
    return [row_of(PastSitting, row, answers=read_answers(row["answers"])) for row in rows]


def read_answers(stored: dict[str, Any]) -> dict[str, Value]:
    """Answers of a sitting by item, as JSON keeps them."""
    return {item: plain(Decimal(str(kept))) for item, kept in stored.items()}


async def insert_history_import(
    connection: Connection, study_id: UUID, row: HistoryImportRow, actor: str
) -> None:
    """Keep that a file was brought in."""
    await connection.execute(_SQL["insert_history_import"], study_id, *row, actor)


async def insert_history_sittings(
    connection: Connection,
    study_id: UUID,
    rows: Sequence[HistorySittingRow],
    *,
    actor: str,
    import_id: UUID,
) -> None:
    """Keep sittings; the turns of whom they are of must be taken."""
    await connection.execute(
        _SQL["insert_history_sittings"], study_id, actor, import_id, list(rows)
    )


async def insert_history_scores(
    connection: Connection, study_id: UUID, rows: Sequence[HistoryScoreRow], actor: str
) -> None:
    """Keep their scores."""
    await connection.execute(_SQL["insert_history_scores"], study_id, actor, list(rows))


async def list_history_seen(
    connection: Connection, study_id: UUID, participant_id: UUID
) -> list[SittingSeen]:
    """What of an earlier study is seen of a participant, by day."""
    rows = await connection.fetch(_SQL["list_history_seen"], study_id, participant_id)
    return [row_of(SittingSeen, row, scores=row["scores"] or []) for row in rows]
