"""What an export says of the work about participants, as it stood at one instant (study time)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg

from pro_service.store.exports.export import Whose
from pro_service.store.sql_files import load_queries
from pro_service.store.streams import Stream

_SQL: Final = load_queries("exports/work")


class ExportedAlert(NamedTuple):
    """An alert with its steps; no words."""

    participant_id: UUID
    id: UUID
    rule: str
    severity: str
    raised_at: datetime
    definition: str | None
    occurrence: int | None
    instrument: str | None
    target: str | None
    from_text: bool
    happened_on: date | None
    own_kind: str | None
    uncertain_who: bool
    seen_at: datetime | None
    seen_by: str | None
    closed_at: datetime | None
    closed_by: str | None
    verdict: str | None
    reference: str | None
    assessed_at: datetime | None
    assessed_by: str | None
    times: int
    """How often it was assessed."""


class ExportedCall(NamedTuple):
    """A call to be made; of what came of it the word alone."""

    participant_id: UUID
    id: UUID
    definition: str | None
    occurrence: int | None
    reason: str
    created_at: datetime
    wanted_from: datetime | None
    closes_at: datetime | None
    closed_at: datetime | None
    closed_by: str | None
    outcome: str | None


class ExportedMessage(NamedTuple):
    """A message: neither what it says nor where it went."""

    participant_id: UUID
    id: UUID
    kind: str
    template: str
    language: str
    segments: int
    definition: str | None
    occurrence: int | None
    recorded_at: datetime
    accepted_at: datetime | None
    """When it was claimed, of one that was accepted."""
    provider_status: str | None
    receipt_at: datetime | None


class ExportedCorrection(NamedTuple):
    """A correction that was asked for; no words."""

    participant_id: UUID
    id: UUID
    definition: str
    occurrence: int
    instrument: str
    target: str
    sitting: int | None
    item: str | None
    kind: str
    value_before: int | None
    value: int | None
    to_definition: str | None
    to_occurrence: int | None
    to_target: str | None
    said_at: datetime | None
    recorded_at: datetime
    actor: str
    approved: bool | None
    decided_at: datetime | None
    decided_by: str | None


async def stream_exported_alerts(
    connection: asyncpg.Connection[asyncpg.Record], whose: Whose
) -> Stream[ExportedAlert]:
    """The alerts about them."""
    return await Stream.open(connection, _SQL["list_exported_alerts"], ExportedAlert, *whose)


async def stream_exported_calls(
    connection: asyncpg.Connection[asyncpg.Record], whose: Whose
) -> Stream[ExportedCall]:
    """The calls to them."""
    return await Stream.open(connection, _SQL["list_exported_calls"], ExportedCall, *whose)


async def stream_exported_messages(
    connection: asyncpg.Connection[asyncpg.Record], whose: Whose
) -> Stream[ExportedMessage]:
    """The messages to them."""
    return await Stream.open(connection, _SQL["list_exported_messages"], ExportedMessage, *whose)


async def stream_exported_corrections(
    connection: asyncpg.Connection[asyncpg.Record], whose: Whose
) -> Stream[ExportedCorrection]:
    """The corrections of their answers."""
    return await Stream.open(
        connection, _SQL["list_exported_corrections"], ExportedCorrection, *whose
    )
