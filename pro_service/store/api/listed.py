"""Pages of participants, alerts and calls, as far as row-level security shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.store.connection import Connection
from pro_service.store.rows import rows_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("api/listed")


class ListedParticipant(NamedTuple):
    """A participant as they are seen from some sites: never who they are."""

    id: UUID
    code: str
    site: str
    enrolled_at: datetime
    language: str
    channel: str
    zone: str
    treated_knees: list[str]
    protocol: str
    present: bool
    """Whether they are at one of these sites now; else `site` is where they were last."""
    restricted: bool
    statuses: list[str]
    """In the order they were recorded, as far as they are seen, and..."""
    since: list[datetime]
    """...from when on each holds."""
    died_at: datetime | None
    now: datetime


class ListedAlert(NamedTuple):
    """An alert, and how far it has come."""

    id: UUID
    participant: str
    rule: str
    severity: str
    raised_at: datetime
    seen_at: datetime | None
    closed_at: datetime | None
    assessed_at: datetime | None
    verdict: str | None
    assessment_id: UUID | None


class ListedCall(NamedTuple):
    """A call that is or was wanted."""

    id: UUID
    participant: str
    reason: str
    created_at: datetime
    closes_at: datetime | None
    closed_at: datetime | None
    outcome: str | None


async def list_participants_after(
    connection: Connection,
    study_id: UUID,
    after: str | None,
    site: str | None,
    most: int,
    *,
    just: str | None = None,
) -> list[ListedParticipant]:
    """Participants by code, those after one, or `just` one."""
    rows = await connection.fetch(
        _SQL["list_participants_after"], study_id, after, just, site, most
    )
    return rows_of(ListedParticipant, rows)


async def find_code(connection: Connection, study_id: UUID, participant_id: UUID) -> str | None:
    """The code of a participant seen from here."""
    code: str | None = await connection.fetchval(_SQL["find_code"], study_id, participant_id)
    return code


async def list_alerts_after(
    connection: Connection, study_id: UUID, after: UUID | None, most: int
) -> list[ListedAlert]:
    """Alerts in the order in which they were raised, after one."""
    return rows_of(
        ListedAlert, await connection.fetch(_SQL["list_alerts_after"], study_id, after, most)
    )


async def list_calls_after(
    connection: Connection, study_id: UUID, after: UUID | None, most: int
) -> list[ListedCall]:
    """Calls in the order in which they were wanted, after one."""
    return rows_of(
        ListedCall, await connection.fetch(_SQL["list_calls_after"], study_id, after, most)
    )
