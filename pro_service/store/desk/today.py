"""What Today reads besides the desk's lists, under row-level security."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from pydantic import TypeAdapter

from pro_service.domain.record import Record
from pro_service.domain.study.facts import StatusFacts
from pro_service.store.connection import Connection
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("desk/today")
_STATUSES: Final = TypeAdapter(tuple[StatusFacts, ...])


class OwedPart(Record):
    """One thing still owed at a visit, and how far it has come; what was answered is not in it."""

    instrument: str
    target: str
    answered: int
    settled: int
    """Items answered, or left open on purpose."""


_OWED: Final = TypeAdapter(tuple[OwedPart, ...])


class BegunVisit(NamedTuple):
    """A visit in whose open window something was answered and not sent."""

    code: str
    protocol_version_id: UUID
    site_id: UUID
    zone: str
    """The participant's."""
    visit_id: UUID
    definition: str
    occurrence: int
    provisional: bool
    opens_at: datetime
    closes_at: datetime | None
    owed: tuple[OwedPart, ...]
    last_answer_at: datetime
    statuses: tuple[StatusFacts, ...]
    died_at: datetime | None
    now: datetime
    """Study time at which it was read."""


class Tried(NamedTuple):
    """What was tried at a visit."""

    visit_id: UUID
    texts: int
    """Reminders that went out, or may have."""
    last_text_at: datetime | None
    calls: int
    """Calls somebody of the staff closed."""
    last_call_at: datetime | None
    last_outcome: str | None


async def list_begun(connection: Connection, study_id: UUID, most: int) -> list[BegunVisit]:
    """Visits begun and not sent, soonest to close first."""
    rows = await connection.fetch(_SQL["list_begun"], study_id, most)
    return [
        row_of(
            BegunVisit,
            row,
            owed=_OWED.validate_python(row["owed"]),
            statuses=_STATUSES.validate_python(row["statuses"]),
        )
        for row in rows
    ]


async def list_tried(
    connection: Connection, study_id: UUID, visits: Collection[UUID]
) -> dict[UUID, Tried]:
    """What was tried at each of these visits; one at which nothing was tried is not in it."""
    rows = await connection.fetch(_SQL["list_tried"], study_id, list(visits))
    return {row["visit_id"]: row_of(Tried, row) for row in rows}
