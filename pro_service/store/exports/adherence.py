"""What adherence is counted from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.store.connection import Connection
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("exports/adherence")


class ScoreSummary(NamedTuple):
    """The standing complete scores of one scale at one visit; means over the scored ones."""

    definition: str
    instrument: str
    scale: str
    scored: int
    mean: Decimal | None
    mean_0_100: Decimal | None


class EnrolledRow(NamedTuple):
    """A participant: where they are, and what tells where they stand at `now` (study time)."""

    id: UUID
    code: str
    protocol_version_id: UUID
    site: str
    now: datetime
    statuses: list[str]
    """In the order they were recorded; `effective_at` has the instant of each."""
    effective_at: list[datetime]
    died_at: list[datetime]


class AskedRow(NamedTuple):
    """One assessment at a visit, and how far it has come, without what was answered."""

    participant_id: UUID
    visit_id: UUID
    definition: str
    provisional: bool
    opens_at: datetime
    closes_at: datetime | None
    assessment_id: UUID
    instrument: str
    submitted_at: datetime | None
    declined_at: datetime | None
    sittings: int
    """Begun, of what was not sent; as are the next two."""
    answered: bool
    items: list[str] | None
    told_apart: bool
    """The participant's facts tell which sitting stands: the columns here do not."""


async def list_enrolled(
    connection: Connection, study_id: UUID, after: UUID, limit: int
) -> list[EnrolledRow]:
    """The participants enrolled after one, in order of enrolment."""
    rows = await connection.fetch(_SQL["list_enrolled"], study_id, after, limit)
    return [row_of(EnrolledRow, row) for row in rows]


async def list_asked(
    connection: Connection, study_id: UUID, participant_ids: Sequence[UUID]
) -> list[AskedRow]:
    """What was asked of these participants, by participant, then visit in the order they open."""
    rows = await connection.fetch(_SQL["list_asked"], study_id, list(participant_ids))
    return [row_of(AskedRow, row) for row in rows]


async def list_scorable(connection: Connection, study_id: UUID) -> frozenset[UUID]:
    """Submitted assessments all of whose scores exist."""
    rows = await connection.fetch(_SQL["list_scorable"], study_id)
    return frozenset(row["id"] for row in rows)


async def list_helped(connection: Connection, study_id: UUID) -> set[UUID]:
    """The assessments that were answered with somebody's help."""
    return {row["id"] for row in await connection.fetch(_SQL["list_helped"], study_id)}


async def summarise_scores(connection: Connection, study_id: UUID) -> list[ScoreSummary]:
    """Scores by visit, instrument and scale."""
    rows = await connection.fetch(_SQL["summarise_scores"], study_id)
    return [row_of(ScoreSummary, row) for row in rows]
