"""What an export reads, as it stood at one instant (study time)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

import asyncpg

from pro_service.domain.instruments.numbers import Value
from pro_service.domain.study.facts import Target
from pro_service.domain.study.respondents import RespondentKind
from pro_service.store.connection import Connection
from pro_service.store.rows import answer, rows_of
from pro_service.store.sql_files import load_queries
from pro_service.store.streams import Stream

_SQL: Final = load_queries("exports/export")
_SNAPSHOT: Final = re.compile(r"[0-9A-F]+(-[0-9A-F]+)+")


class ExportedParticipant(NamedTuple):
    """A participant; `statuses` and `events` are documents of the facts of these names."""

    participant_id: UUID
    code: str
    zone: str
    recorded_at: datetime
    treated_knees: list[str]
    protocol_version_id: UUID
    protocol_sha256: str
    site: str | None
    statuses: list[dict[str, Any]]
    events: list[dict[str, Any]]


class ExportedDataQuery(NamedTuple):
    """A question about a participant's data, with what became of it by then; no words."""

    participant_id: UUID
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

    participant_id: UUID
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
    respondent: RespondentKind | None
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
    chosen_because: str | None
    """Why it was written down as standing, for the closing the visit had; None: it was not."""
    handover_id: UUID | None
    """The hand-over of the tablet it was answered on; None: on none."""
    tablet: str | None
    handed_over_by: str | None
    moved_from: str | None
    """Where it was recorded before a correction: visit, occurrence, target."""

    @property
    def chosen(self) -> bool:
        """Whether it was written down as standing."""
        return self.chosen_because is not None


class ExportedOwnEvent(NamedTuple):
    """An event of the protocol's own, as it stood; days are the participant's."""

    participant_id: UUID
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

    participant_id: UUID
    attempt_id: UUID
    item: str
    value: Value | None
    gap: str | None
    answered_at: datetime
    received_at: datetime
    by_text: bool
    """Whether it was said by text; a sitting may go on elsewhere than where it was begun."""
    corrections: int


class ExportedScore(NamedTuple):
    """One scale of one sitting."""

    participant_id: UUID
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
async def one_snapshot(
    connection: asyncpg.Connection[asyncpg.Record], *, seen: str | None = None
) -> AsyncIterator[None]:
    """All that is read inside sees the database at one and the same moment; nothing is written.

    The moment is that of another transaction where `seen` names its snapshot (`show_snapshot`).
    """
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        if seen is not None:
            if not _SNAPSHOT.fullmatch(seen):
                raise ValueError("no name of a snapshot")
            # It takes no parameter, and no statement may come before it.
            await connection.execute(f"SET TRANSACTION SNAPSHOT '{seen}'")
        await connection.execute(_SQL["say_only_reading"])
        yield


async def show_snapshot(connection: Connection) -> str:
    """What this transaction sees, by a name under which others see it while it is open."""
    name: str = await connection.fetchval(_SQL["show_snapshot"])
    return name


async def list_transactions_under_way(connection: Connection) -> dict[str, int]:
    """Transactions that run now and may yet write: a name no later one bears, and the pid."""
    rows = await connection.fetch(_SQL["list_transactions_under_way"])
    return {row["id"]: row["pid"] for row in rows}


class Known(NamedTuple):
    """A participant there was, and where."""

    id: UUID
    site: str | None
    restricted: bool
    """Now, and not at the instant of the export."""


class Whose(NamedTuple):
    """Whose data is read, in this order, and as of when (study time)."""

    study_id: UUID
    participant_ids: Sequence[UUID]
    as_of: datetime


async def list_participants_to_export(
    connection: Connection, study_id: UUID, as_of: datetime
) -> list[Known]:
    """Who was known at `as_of`, in the order of every table."""
    rows = await connection.fetch(_SQL["list_participants_to_export"], study_id, as_of)
    return rows_of(Known, rows)


async def stream_exported_participants(
    connection: asyncpg.Connection[asyncpg.Record], whose: Whose
) -> Stream[ExportedParticipant]:
    """These participants."""
    sql = _SQL["list_exported_participants"]
    return await Stream.open(connection, sql, ExportedParticipant, *whose)


async def stream_exported_own_events(
    connection: asyncpg.Connection[asyncpg.Record], whose: Whose
) -> Stream[ExportedOwnEvent]:
    """What else happened to them."""
    return await Stream.open(connection, _SQL["list_exported_own_events"], ExportedOwnEvent, *whose)


async def stream_exported_data_queries(
    connection: asyncpg.Connection[asyncpg.Record], whose: Whose
) -> Stream[ExportedDataQuery]:
    """What was asked about their data, and what became of it."""
    sql = _SQL["list_exported_data_queries"]
    return await Stream.open(connection, sql, ExportedDataQuery, *whose)


async def stream_exported_assessments(
    connection: asyncpg.Connection[asyncpg.Record], whose: Whose
) -> Stream[ExportedAssessment]:
    """What was asked of them by the schedule of then, a row for each sitting."""
    sql = _SQL["list_exported_assessments"]
    return await Stream.open(connection, sql, ExportedAssessment, *whose)


async def stream_exported_answers(
    connection: asyncpg.Connection[asyncpg.Record], whose: Whose
) -> Stream[ExportedAnswer]:
    """What stood answered."""
    sql = _SQL["list_exported_answers"]
    return await Stream.open_with(connection, sql, _answers, *whose)


def _answers(rows: Sequence[asyncpg.Record]) -> list[ExportedAnswer]:
    return rows_of(ExportedAnswer, rows, value=answer)


async def stream_exported_scores(
    connection: asyncpg.Connection[asyncpg.Record], whose: Whose
) -> Stream[ExportedScore]:
    """The scores that stood."""
    return await Stream.open(connection, _SQL["list_exported_scores"], ExportedScore, *whose)


async def list_exported_assessments(
    connection: Connection, study_id: UUID, participant_id: UUID, as_of: datetime
) -> list[ExportedAssessment]:
    """What was asked of one participant by the schedule of `as_of`, a row for each sitting."""
    place = (study_id, [participant_id], as_of)
    return rows_of(
        ExportedAssessment, await connection.fetch(_SQL["list_exported_assessments"], *place)
    )


async def list_exported_answers(
    connection: Connection, study_id: UUID, participant_id: UUID, as_of: datetime
) -> list[ExportedAnswer]:
    """What of one participant stood answered at `as_of`."""
    place = (study_id, [participant_id], as_of)
    return _answers(await connection.fetch(_SQL["list_exported_answers"], *place))


async def list_exported_scores(
    connection: Connection, study_id: UUID, participant_id: UUID, as_of: datetime
) -> list[ExportedScore]:
    """The scores of one participant that stood at `as_of`."""
    place = (study_id, [participant_id], as_of)
    return rows_of(ExportedScore, await connection.fetch(_SQL["list_exported_scores"], *place))
