"""Writing answers, scores and what follows from them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.instruments.numbers import Value
from pro_service.store.connection import Connection, Guard, StaleRevisionError, write
from pro_service.store.rows import answer, row_of
from pro_service.store.sql_files import Beside, load_queries, together
from pro_service.store.writes import (
    AlertRow,
    AttemptRow,
    DoorRow,
    QueryRow,
    ResponseRow,
    ScoreRow,
    VisitDoneRow,
)

_SQL: Final = load_queries("answering/answers")
LOOKS: Final = 100
"""Participants `look_at_closings` looks at in one statement; the query says it, too."""


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
    sent_late: list[UUID] = field(default_factory=list)
    """Visits that had closed before something they asked was sent in."""
    sent_at: datetime | None = None
    """When what is submitted was sent in, as claimed, where staff enter it; None: now."""
    door: DoorRow | None = None
    """What is still to be looked at; else StaleRevisionError. None: it was looked at before."""


@dataclass(frozen=True, kw_only=True)
class ChosenSittingRow:
    """Which sitting at an assessment is the record since its visit closed, and why."""

    id: UUID
    assessment_id: UUID
    attempt_id: UUID
    reason: str
    closes_at: datetime
    """The closing it was chosen for."""
    actor: str


@dataclass
class ClosingWrite:
    """What the closing of visits settles: which sittings stand, and scores of those not sent."""

    scores: list[ScoreRow] = field(default_factory=list)
    partial: list[UUID] = field(default_factory=list)
    """Assessments that were not sent in, scored so."""
    chosen: list[ChosenSittingRow] = field(default_factory=list)
    visits: list[UUID] = field(default_factory=list)
    """Visits of which is chosen now whatever can be."""
    queries: list[QueryRow] = field(default_factory=list)
    """What looks wrong once they are settled."""


class ClosingLook(NamedTuple):
    """A participant looked at; `owing`: at a visit that has closed something is to be settled."""

    study_id: UUID
    participant_id: UUID
    owing: bool


class ClosedSitting(NamedTuple):
    """A sitting at a visit that has closed, with what stands answered in it, gaps as None."""

    visit_id: UUID
    assessment_id: UUID
    id: UUID
    ordinal: int
    started_at: datetime
    submitted_at: datetime | None
    last_answer_at: datetime | None
    """When the last answer was given, as claimed."""
    answers: dict[str, Value | None]
    scored: bool
    """It has scores already."""
    settled: bool
    """Which sitting stands at its assessment is written down for the present closing."""
    stands: bool
    """It is that one."""
    unverified: bool
    """Paper that was not typed twice, or with differences nobody settled."""


async def record_answers(
    connection: Connection, guard: Guard, document: AnswersWrite, beside: Beside | None = None
) -> datetime:
    """Store answers with all that follows, in one statement; the study time they are stored at.

    `beside` is stored by the same statement. Raises StaleRevisionError if the facts moved on,
    DuplicateError for a request stored before.
    """
    sql = _SQL.writing("record_answers", document)
    if beside is None:
        row = await write(connection, sql, *guard, document)
    else:
        sql = together(sql, beside.sql)
        row = await write(connection, sql, *guard, document, beside.document)
    if row is None:
        raise StaleRevisionError
    stored_at: datetime = row["stored_at"]
    return stored_at


async def find_web_write(connection: Connection, study_id: UUID, key: str) -> datetime | None:
    """When a request with this idempotency key was stored (study time); None: it was not."""
    found: datetime | None = await connection.fetchval(_SQL["find_web_write"], study_id, key)
    return found


async def record_closing(connection: Connection, guard: Guard, document: ClosingWrite) -> None:
    """Store what the closing of visits settles.

    Raises StaleRevisionError if the facts moved on, DuplicateError where it was chosen before.
    """
    await write(connection, _SQL["record_closing"], *guard, document)


async def look_at_closings(connection: Connection) -> list[ClosingLook]:
    """Look at participants who are due for it, and note when to look again (study time)."""
    rows = await connection.fetch(_SQL["look_at_closings"])
    return [row_of(ClosingLook, row) for row in rows]


async def list_visits_to_settle(
    connection: Connection, study_id: UUID, participant_id: UUID
) -> list[UUID]:
    """A participant's closed visits whose sittings are still to be chosen from."""
    rows = await connection.fetch(_SQL["list_visits_to_settle"], study_id, participant_id)
    return [row["id"] for row in rows]


async def list_closed_sittings(
    connection: Connection, study_id: UUID, participant_id: UUID, *, every: bool
) -> list[ClosedSitting]:
    """Sittings at a participant's visits that have closed, by assessment and in their order.

    Unless `every` one is asked for: those at visits to settle, and those never sent nor scored.
    """
    rows = await connection.fetch(_SQL["list_closed_sittings"], study_id, participant_id, every)
    return [
        row_of(
            ClosedSitting,
            row,
            answers={item: answer(found) for item, found in row["answers"].items()},
        )
        for row in rows
    ]
