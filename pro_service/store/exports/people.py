"""What an export says of participants themselves, as it stood at one instant (study time)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg

from pro_service.store.exports.export import Whose
from pro_service.store.sql_files import load_queries
from pro_service.store.streams import Stream

_SQL: Final = load_queries("exports/people")


class ExportedEvent(NamedTuple):
    """The latest word on an event, and how often it was entered."""

    participant_id: UUID
    kind: str
    ordinal: int
    target: str | None
    planned_on: date | None
    occurred_at: datetime | None
    revisions: int
    recorded_at: datetime
    actor: str


class ExportedStatus(NamedTuple):
    """A status, in the order of record."""

    participant_id: UUID
    id: UUID
    status: str
    effective_at: datetime
    recorded_at: datetime
    actor: str


class ExportedConsent(NamedTuple):
    """A consent, or a part of it that was given or taken back."""

    participant_id: UUID
    id: UUID
    version: str
    signed_on: date
    messages: bool
    cross_border: bool
    caregiver: bool
    part: str | None
    said_on: date | None
    recorded_at: datetime
    actor: str


class ExportedRestriction(NamedTuple):
    """A restriction of the processing, or its lifting."""

    participant_id: UUID
    restricted: bool
    recorded_at: datetime


class ExportedVisit(NamedTuple):
    """A visit with its window as it was then."""

    participant_id: UUID
    id: UUID
    definition: str
    kind: str
    occurrence: int
    provisional: bool
    opens_at: datetime
    target_on: date
    closes_at: datetime | None
    schedule_revision: int
    locked_at: datetime | None
    """Until when what was recorded of it counts, if a lock held then."""


async def stream_exported_events(
    connection: asyncpg.Connection[asyncpg.Record], whose: Whose
) -> Stream[ExportedEvent]:
    """Their events."""
    return await Stream.open(connection, _SQL["list_exported_events"], ExportedEvent, *whose)


async def stream_exported_statuses(
    connection: asyncpg.Connection[asyncpg.Record], whose: Whose
) -> Stream[ExportedStatus]:
    """Their statuses."""
    return await Stream.open(connection, _SQL["list_exported_statuses"], ExportedStatus, *whose)


async def stream_exported_consents(
    connection: asyncpg.Connection[asyncpg.Record], whose: Whose
) -> Stream[ExportedConsent]:
    """Their consents."""
    return await Stream.open(connection, _SQL["list_exported_consents"], ExportedConsent, *whose)


async def stream_exported_restrictions(
    connection: asyncpg.Connection[asyncpg.Record], whose: Whose
) -> Stream[ExportedRestriction]:
    """Their restrictions."""
    return await Stream.open(
        connection, _SQL["list_exported_restrictions"], ExportedRestriction, *whose
    )


async def stream_exported_visits(
    connection: asyncpg.Connection[asyncpg.Record], whose: Whose
) -> Stream[ExportedVisit]:
    """Their visits."""
    return await Stream.open(connection, _SQL["list_exported_visits"], ExportedVisit, *whose)
