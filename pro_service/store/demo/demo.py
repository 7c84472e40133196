"""What a demonstration proves itself with: the books of service and provider, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.instruments.numbers import Value
from pro_service.store.connection import Connection
from pro_service.store.rows import answer, row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("demo/demo")


class StoredAnswer(NamedTuple):
    """One stored response."""

    code: str
    assessment_id: UUID
    attempt_id: UUID
    instrument: str
    target: str
    item: str
    value: Value | None
    gap: str | None
    sent: bool
    """Its sitting was sent in."""
    replaced: bool
    """A later response of the same sitting replaces it."""
    stands: bool
    """It is the one that counts in its sitting."""


class StoredScore(NamedTuple):
    """One standing score of a submitted assessment."""

    assessment_id: UUID
    instrument: str
    scale: str
    raw: Decimal | None
    normalised: Decimal | None


class CountedRows(NamedTuple):
    """How many rows of one sort there are."""

    what: str
    kind: str
    rows: int


async def work_waits_from(
    connection: Connection, study_id: UUID, rung_after: timedelta
) -> datetime | None:
    """Since when, or from when on, an alert is to be seen to or a call made; None: nothing is."""
    at: datetime | None = await connection.fetchval(_SQL["work_waits_from"], study_id, rung_after)
    return at


async def learn_all_sizes(connection: Connection) -> None:
    """Have every table counted, so that what is said over and over is planned for what it holds."""
    await connection.execute(_SQL["learn_all_sizes"])


async def list_stored_answers(connection: Connection, study_id: UUID) -> list[StoredAnswer]:
    """Every response, in the order of storing."""
    rows = await connection.fetch(_SQL["list_stored_answers"], study_id)
    return [row_of(StoredAnswer, row, value=answer(row["value"])) for row in rows]


class SafetyVisits(NamedTuple):
    """How many safety visits are over, and in how many nobody answered, was asked or rung."""

    over: int
    silent: int


async def list_complete_scores(connection: Connection, study_id: UUID) -> list[StoredScore]:
    """The standing scores of submitted assessments."""
    rows = await connection.fetch(_SQL["list_complete_scores"], study_id)
    return [row_of(StoredScore, row) for row in rows]


async def list_submitted(connection: Connection, study_id: UUID) -> dict[UUID, str]:
    """The instrument of every submitted assessment."""
    rows = await connection.fetch(_SQL["list_submitted"], study_id)
    return {row["id"]: row["instrument"] for row in rows}


async def count_texts_after_reason(
    connection: Connection, study_id: UUID, silent_statuses: Sequence[str]
) -> int:
    """Reminder texts that went after their reason had gone."""
    count: int = await connection.fetchval(
        _SQL["count_texts_after_reason"], study_id, list(silent_statuses)
    )
    return count


async def count_reminders_texted_twice(connection: Connection, study_id: UUID) -> int:
    """Reminders for which more than one text went."""
    count: int = await connection.fetchval(_SQL["count_reminders_texted_twice"], study_id)
    return count


async def count_reminders_left_due(connection: Connection, study_id: UUID) -> int:
    """Reminders that are due and have no outcome."""
    count: int = await connection.fetchval(_SQL["count_reminders_left_due"], study_id)
    return count


async def count_texts_not_kept(connection: Connection, study_id: UUID) -> int:
    """Texts sent to the study that it does not have."""
    count: int = await connection.fetchval(_SQL["count_texts_not_kept"], study_id)
    return count


async def count_sent_by(connection: Connection, study_id: UUID, codes: Sequence[str]) -> int:
    """Assessments these participants answered on pages that were sent in."""
    count: int = await connection.fetchval(_SQL["count_sent_by"], study_id, list(codes))
    return count


async def count_texts_to_strangers(connection: Connection, numbers: Sequence[str]) -> int:
    """Reminders to these numbers after the first text that came from there."""
    count: int = await connection.fetchval(_SQL["count_texts_to_strangers"], list(numbers))
    return count


async def count_safety_visits(
    connection: Connection, study_id: UUID, definitions: Sequence[str]
) -> SafetyVisits:
    """Safety visits that are over, and those of them that went by in silence."""
    row = await connection.fetchrow(_SQL["count_safety_visits"], study_id, list(definitions))
    return row_of(SafetyVisits, row)


async def count_everything(connection: Connection, study_id: UUID) -> list[CountedRows]:
    """Counts for a report, by sort and kind."""
    rows = await connection.fetch(_SQL["count_everything"], study_id)
    return [row_of(CountedRows, row) for row in rows]
