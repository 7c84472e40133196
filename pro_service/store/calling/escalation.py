"""Alerts that nobody has seen or assessed, and texts to be read at once that nobody has read."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final
from uuid import UUID

from pro_service.store.connection import Connection
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("calling/escalation")


async def list_unseen_alerts(connection: Connection, limit: int) -> list[tuple[UUID, UUID]]:
    """(study, participant) with an urgent alert unseen for too long and no call made for it."""
    rows = await connection.fetch(_SQL["list_unseen_alerts"], limit)
    return [(row["study_id"], row["participant_id"]) for row in rows]


async def list_unassessed_alerts(
    connection: Connection, serious: Collection[str], limit: int
) -> list[tuple[UUID, UUID]]:
    """(study, participant) with an urgent alert that has waited too long for its assessment.

    Alerts of the `serious` rules wait for no hours.
    """
    rows = await connection.fetch(_SQL["list_unassessed_alerts"], list(serious), limit)
    return [(row["study_id"], row["participant_id"]) for row in rows]


async def list_unread_warnings(connection: Connection, limit: int) -> list[tuple[UUID, UUID]]:
    """(study, participant) with an urgent text unread for too long and no call made for it."""
    rows = await connection.fetch(_SQL["list_unread_warnings"], limit)
    return [(row["study_id"], row["participant_id"]) for row in rows]


async def close_calls_read(connection: Connection) -> int:
    """End the calls about texts that were read meanwhile; returns how many."""
    return len(await connection.fetch(_SQL["close_calls_read"]))
