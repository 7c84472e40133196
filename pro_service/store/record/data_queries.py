"""Data queries with their steps, and marks of visits that were compared with their source."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.study.data_queries import QueryState, QueryStep
from pro_service.store.connection import Connection, Guard, write
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("record/data_queries")


@dataclass(frozen=True, kw_only=True)
class AskedRow:
    """A data query that a person raises; without sitting and visit it is about the participant."""

    id: UUID
    assessment_id: UUID | None
    visit_id: UUID | None
    item: str | None
    said: str
    """The note that holds their words."""
    actor: str


@dataclass(frozen=True, kw_only=True)
class StepRow:
    """A step of a data query."""

    id: UUID
    query_id: UUID
    step: QueryStep
    said: str
    actor: str


@dataclass(frozen=True, kw_only=True)
class MarkRow:
    """A visit that was compared with its source, as it stands now."""

    id: UUID
    visit_id: UUID
    actor: str


@dataclass
class QueryWrite:
    """What one turn does to a participant's data queries and marks."""

    asked: list[AskedRow] = field(default_factory=list)
    steps: list[StepRow] = field(default_factory=list)
    marks: list[MarkRow] = field(default_factory=list)


class DataQuery(NamedTuple):
    """A data query as it stands (study time)."""

    id: UUID
    assessment_id: UUID | None
    visit_id: UUID | None
    item: str | None
    rule: str | None
    said: str | None
    recorded_at: datetime
    actor: str
    state: QueryState
    last_said: str | None
    """The note of its last step; None: it was only raised."""
    last_at: datetime | None
    last_by: str | None


class QuerySeen(NamedTuple):
    """A data query as the desk lists it, with whom and what it is about."""

    id: UUID
    code: str
    site_id: UUID | None
    """Where the participant is now, if it is a site of the reader's."""
    protocol_version_id: UUID
    instrument: str | None
    target: str | None
    definition: str | None
    occurrence: int | None
    item: str | None
    rule: str | None
    said: str | None
    recorded_at: datetime
    actor: str
    state: QueryState
    last_said: str | None
    last_at: datetime | None
    last_by: str | None
    total: int
    """Of all of its list."""


class NumberedQuery(NamedTuple):
    """A data query as a command lists it."""

    id: UUID
    code: str
    number: int
    """Among those of its participant, from 1; it never changes."""
    definition: str | None
    occurrence: int | None
    instrument: str | None
    target: str | None
    item: str | None
    rule: str | None
    said: str | None
    recorded_at: datetime
    actor: str
    state: QueryState
    last_said: str | None
    last_at: datetime | None
    last_by: str | None


class QueryCounts(NamedTuple):
    """How many wait, as seen from the desk."""

    open: int
    answered: int


class SourceMark(NamedTuple):
    """The last mark of a visit."""

    visit_id: UUID
    recorded_at: datetime
    actor: str
    holds: bool
    """Nothing of the visit has changed since."""


async def record_data_query(connection: Connection, guard: Guard, document: QueryWrite) -> None:
    """Keep what one turn does. Raises StaleRevisionError, DuplicateError."""
    await write(connection, _SQL["record_data_query"], *guard, document)


async def list_data_queries(
    connection: Connection, study_id: UUID, participant_id: UUID
) -> list[DataQuery]:
    """Those about a participant, for whoever decides about them."""
    rows = await connection.fetch(_SQL["list_data_queries"], study_id, participant_id)
    return [row_of(DataQuery, row, state=QueryState(row["state"])) for row in rows]


async def list_first_queries(
    connection: Connection, study_id: UUID, state: QueryState, most: int
) -> list[QuerySeen]:
    """Those of a state that are seen from the desk, the oldest first."""
    rows = await connection.fetch(_SQL["list_first_queries"], study_id, state, most)
    return [row_of(QuerySeen, row, state=QueryState(row["state"])) for row in rows]


async def list_queries_of_one(
    connection: Connection, study_id: UUID, participant_id: UUID
) -> list[QuerySeen]:
    """Those about a participant that are seen from the desk, open ones first."""
    rows = await connection.fetch(_SQL["list_queries_of_one"], study_id, participant_id)
    return [row_of(QuerySeen, row, state=QueryState(row["state"])) for row in rows]


async def count_queries(connection: Connection, study_id: UUID) -> QueryCounts:
    """How many wait for an answer and how many to be closed."""
    return row_of(QueryCounts, await connection.fetchrow(_SQL["count_queries"], study_id))


async def list_source_marks(
    connection: Connection, study_id: UUID, participant_id: UUID
) -> list[SourceMark]:
    """The last mark of each visit that has one."""
    rows = await connection.fetch(_SQL["list_source_marks"], study_id, participant_id)
    return [row_of(SourceMark, row) for row in rows]


async def list_queries_of_study(
    connection: Connection,
    study_id: UUID,
    *,
    participant_id: UUID | None = None,
    state: QueryState | None = None,
) -> list[NumberedQuery]:
    """Those of one participant, or (None) of all; of one state, or (None) of any."""
    rows = await connection.fetch(_SQL["list_queries_of_study"], study_id, participant_id, state)
    return [row_of(NumberedQuery, row, state=QueryState(row["state"])) for row in rows]
