"""Requests to correct answers, and what was decided about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.instruments.numbers import Value
from pro_service.store.connection import Connection, Guard, write
from pro_service.store.rows import answer, row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("desk/corrections")


@dataclass(frozen=True, kw_only=True)
class CorrectionRow:
    """A request: the answer it is about, the value that is wished, why, and since when (UTC).

    One that answers belong elsewhere is about a whole sitting instead, and names where.
    """

    id: UUID
    assessment_id: UUID
    response_id: UUID | None = None
    item: str | None = None
    kind: str
    value: Value | None = None
    said_at: datetime | None = None
    source: str | None = None
    actor: str
    reason: str
    attempt_id: UUID | None = None
    to_assessment_id: UUID | None = None
    wish_id: UUID | None = None
    """The participant's own request it was asked on."""


@dataclass(frozen=True, kw_only=True)
class DecisionRow:
    """What was decided about a request, and why."""

    id: UUID
    correction_id: UUID
    approved: bool
    actor: str
    reason: str


@dataclass
class CorrectionWrite:
    """A request, or a decision."""

    corrections: list[CorrectionRow] = field(default_factory=list)
    decisions: list[DecisionRow] = field(default_factory=list)


class CorrectionAsked(NamedTuple):
    """A request as it is decided about."""

    id: UUID
    assessment_id: UUID
    response_id: UUID
    item: str
    kind: str
    value: Value
    actor: str
    decided: bool
    decided_by: str | None
    approved: bool | None
    answered_at: datetime
    """When the answer it is about was given, as claimed."""


class AnswerGiven(NamedTuple):
    """When an answer was given, as claimed, and whether what was typed is kept."""

    answered_at: datetime
    typed: bool


class CorrectionSeen(NamedTuple):
    """A request as it is seen from the desk; values only for whoever may read answers."""

    id: UUID
    instrument: str
    target: str
    definition: str
    occurrence: int
    to_target: str | None
    """Where a whole sitting belongs; None: it is about one answer."""
    to_definition: str | None
    to_occurrence: int | None
    item: str | None
    kind: str
    said_at: datetime | None
    source: str | None
    recorded_at: datetime
    actor: str
    reason: str
    approved: bool | None
    """None: nobody has decided yet."""
    decided_at: datetime | None
    decided_by: str | None
    decided_reason: str | None
    readable: bool
    wished: Value | None
    before: Value | None
    response_id: UUID | None
    raw_sealed: bytes | None
    raw_key: str | None


class WishTaken(NamedTuple):
    """When a participant asked for a correction on the own page, and of which visit."""

    recorded_at: datetime
    visit_id: UUID


class WishSeen(NamedTuple):
    """A participant's own request; `said` names the note with their words."""

    id: UUID
    definition: str
    occurrence: int
    said: str
    recorded_at: datetime
    taken: bool
    """Whether a correction was asked on it."""


class CorrectionCount(NamedTuple):
    """How many corrections of a kind there were at a site, of what an interviewer asked."""

    site_id: UUID
    interviewer: str | None
    """Who asked by telephone; None: the participant answered by themselves, or on paper."""
    kind: str
    asked: int
    approved: int
    refused: int
    waiting: int


class CorrectionWaiting(NamedTuple):
    """A request that waits for its decision."""

    code: str
    site_id: UUID
    kind: str
    actor: str
    recorded_at: datetime


async def record_correction(
    connection: Connection, guard: Guard, document: CorrectionWrite
) -> None:
    """Keep a request or a decision. Raises StaleRevisionError; DuplicateError if decided before."""
    await write(connection, _SQL["record_correction"], *guard, document)


async def get_correction(
    connection: Connection, study_id: UUID, participant_id: UUID, correction_id: UUID
) -> CorrectionAsked | None:
    """A request at the participant."""
    row = await connection.fetchrow(_SQL["get_correction"], study_id, participant_id, correction_id)
    return None if row is None else row_of(CorrectionAsked, row, value=answer(row["value"]))


async def get_answer_given(
    connection: Connection, study_id: UUID, participant_id: UUID, response_id: UUID
) -> AnswerGiven | None:
    """An answer of the participant's, without what was answered."""
    row = await connection.fetchrow(_SQL["get_answer_given"], study_id, participant_id, response_id)
    return None if row is None else row_of(AnswerGiven, row)


async def is_wished(
    connection: Connection, study_id: UUID, participant_id: UUID, response_id: UUID
) -> bool:
    """Whether a request about this answer waits."""
    found: bool = await connection.fetchval(
        _SQL["is_wished"], study_id, participant_id, response_id
    )
    return found


async def list_corrections_seen(
    connection: Connection, study_id: UUID, participant_id: UUID
) -> list[CorrectionSeen]:
    """Requests as the desk sees them, in order."""
    rows = await connection.fetch(_SQL["list_corrections_seen"], study_id, participant_id)
    return [
        row_of(CorrectionSeen, row, wished=answer(row["wished"]), before=answer(row["before"]))
        for row in rows
    ]


async def may_read_answers(connection: Connection, study_id: UUID, participant_id: UUID) -> bool:
    """Whether answers are open to whoever reads."""
    found: bool = await connection.fetchval(_SQL["may_read_answers"], study_id, participant_id)
    return found


async def count_corrections(
    connection: Connection, study_id: UUID, sites: Sequence[UUID]
) -> list[CorrectionCount]:
    """Corrections of these sites, by site, interviewer and kind."""
    rows = await connection.fetch(_SQL["count_corrections"], study_id, list(sites))
    return [row_of(CorrectionCount, row) for row in rows]


async def list_corrections_waiting(
    connection: Connection, study_id: UUID, sites: Sequence[UUID], most: int
) -> list[CorrectionWaiting]:
    """Requests at these sites that wait for a decision, the oldest first."""
    rows = await connection.fetch(_SQL["list_corrections_waiting"], study_id, list(sites), most)
    return [row_of(CorrectionWaiting, row) for row in rows]


async def get_correction_wish(
    connection: Connection, study_id: UUID, participant_id: UUID, wish_id: UUID
) -> WishTaken | None:
    """A participant's own request."""
    row = await connection.fetchrow(_SQL["get_correction_wish"], study_id, participant_id, wish_id)
    return None if row is None else row_of(WishTaken, row)


async def list_correction_wishes(
    connection: Connection, study_id: UUID, participant_id: UUID
) -> list[WishSeen]:
    """What a participant asked for on the own page, the newest last. Runs as the desk."""
    rows = await connection.fetch(_SQL["list_correction_wishes"], study_id, participant_id)
    return [row_of(WishSeen, row) for row in rows]
