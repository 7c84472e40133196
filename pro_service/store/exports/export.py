"""What an export reads, as it stood at one instant (study time)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

import asyncpg

from pro_service.domain.instruments.numbers import Value
from pro_service.domain.study.facts import Target
from pro_service.store.connection import Connection
from pro_service.store.rows import answer, row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("exports/export")


class ExportedParticipant(NamedTuple):
    """A participant; `statuses` and `events` are documents of the facts of these names."""

    id: UUID
    code: str
    zone: str
    protocol_version_id: UUID
    protocol_sha256: str
    site: str | None
    statuses: list[dict[str, Any]]
    events: list[dict[str, Any]]


class ExportedDataQuery(NamedTuple):
    """A question about a participant's data, with what became of it by then; no words."""

    id: UUID
    definition: str | None
    occurrence: int | None
    instrument: str | None
    target: str | None
    item: str | None
    rule: str | None
    """Which raised it; None: a person did."""
    recorded_at: datetime
    actor: str
    answered_at: datetime | None
    """The first answer."""
    answered_by: str | None
    closed_at: datetime | None
    """The last closing."""
    closed_by: str | None
    steps: int
    last_step: str | None


class ExportedAssessment(NamedTuple):
    """An assessment with its visit, and one of its sittings if there was any."""

    id: UUID
    visit_id: UUID
    definition: str
    occurrence: int
    schedule_revision: int
    provisional: bool
    opens_at: datetime
    target_on: date
    closes_at: datetime | None
    instrument: str
    target: Target
    declined_at: datetime | None
    attempt_id: UUID | None
    sitting: int | None
    mode: str | None
    respondent: str | None
    respondent_relation: str | None
    entered_by: str | None
    """Who typed it in, where it was told by telephone or on paper."""
    interviewer: str | None
    not_for_analysis: str | None
    """What of an entry the protocol does not name for analysis."""
    second_entry: str | None
    """How far a paper typed twice has come: differs, verified; None: it was typed once."""
    authentication: str | None
    card_shown_at: datetime | None
    language: str | None
    release: str | None
    instrument_sha256: str | None
    wording_sha256: str | None
    started_at: datetime | None
    submitted_at: datetime | None
    """When the sitting was sent in."""
    chosen: bool
    """It is written down as standing, for the closing the visit had."""
    moved_from: str | None
    """Where it was recorded before a correction: visit, occurrence, target."""


class ExportedOwnEvent(NamedTuple):
    """An event of the protocol's own, as it stood; days are the participant's."""

    event_id: UUID
    revision: int
    kind: str
    target: str | None
    began_on: date
    ended_on: date | None
    dose: Decimal | None
    dose_unit: str | None
    recorded_at: datetime
    actor: str


class ExportedAnswer(NamedTuple):
    """What stood answered to one item in one sitting."""

    attempt_id: UUID
    item: str
    value: Value | None
    gap: str | None
    answered_at: datetime
    received_at: datetime
    corrections: int


class ExportedScore(NamedTuple):
    """One scale of one sitting."""

    attempt_id: UUID
    basis: Literal["complete", "unsent", "partial"]
    scale: str
    revision: int
    instrument_version: str
    scoring_version: str
    raw: Decimal | None
    normalised: Decimal | None
    lowest: int
    highest: int
    answered: int
    substituted: int
    absent_reason: str | None


@asynccontextmanager
async def one_snapshot(connection: asyncpg.Connection[asyncpg.Record]) -> AsyncIterator[None]:
    """All that is read inside sees the database at one and the same moment; nothing is written."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        await connection.execute(_SQL["say_only_reading"])
        yield


async def list_transactions_under_way(connection: Connection) -> dict[str, int]:
    """Transactions that run now and may yet write: a name no later one bears, and the pid."""
    rows = await connection.fetch(_SQL["list_transactions_under_way"])
    return {row["id"]: row["pid"] for row in rows}


async def list_exported_participants(
    connection: Connection, study_id: UUID, as_of: datetime
) -> list[ExportedParticipant]:
    """Participants known at `as_of`."""
    rows = await connection.fetch(_SQL["list_exported_participants"], study_id, as_of)
    return [row_of(ExportedParticipant, row) for row in rows]


async def list_exported_own_events(
    connection: Connection, study_id: UUID, participant_id: UUID, as_of: datetime
) -> list[ExportedOwnEvent]:
    """What else happened to one participant."""
    rows = await connection.fetch(_SQL["list_exported_own_events"], study_id, participant_id, as_of)
    return [row_of(ExportedOwnEvent, row) for row in rows]


async def list_exported_data_queries(
    connection: Connection, study_id: UUID, participant_id: UUID, as_of: datetime
) -> list[ExportedDataQuery]:
    """What was asked about one participant's data, and what became of it."""
    rows = await connection.fetch(
        _SQL["list_exported_data_queries"], study_id, participant_id, as_of
    )
    return [row_of(ExportedDataQuery, row) for row in rows]


async def list_exported_assessments(
    connection: Connection, study_id: UUID, participant_id: UUID, as_of: datetime
) -> list[ExportedAssessment]:
    """What was asked of a participant by the schedule of `as_of`, a row for each sitting."""
    rows = await connection.fetch(
        _SQL["list_exported_assessments"], study_id, participant_id, as_of
    )
    return [row_of(ExportedAssessment, row) for row in rows]


async def list_exported_answers(
    connection: Connection, study_id: UUID, participant_id: UUID, as_of: datetime
) -> list[ExportedAnswer]:
    """What stood answered at `as_of`."""
    rows = await connection.fetch(_SQL["list_exported_answers"], study_id, participant_id, as_of)
    return [row_of(ExportedAnswer, row, value=answer(row["value"])) for row in rows]


async def list_exported_scores(
    connection: Connection, study_id: UUID, participant_id: UUID, as_of: datetime
) -> list[ExportedScore]:
    """The scores that stood at `as_of`."""
    rows = await connection.fetch(_SQL["list_exported_scores"], study_id, participant_id, as_of)
    return [row_of(ExportedScore, row) for row in rows]
