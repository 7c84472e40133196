"""The digest of a morning: where it is due, and who was sent it. Run as the worker."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.store.connection import Connection
from pro_service.store.ids import new_id
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("desk/digest")


class Morning(NamedTuple):
    """A site where it is morning, and nobody was sent that day's digest."""

    study_id: UUID
    site_id: UUID
    country: str
    day: date
    """In the site's zone."""


async def list_digest_mornings(connection: Connection, begins: time, ends: time) -> list[Morning]:
    """Sites where it is between these times of day and nobody was sent a digest yet."""
    rows = await connection.fetch(_SQL["list_digest_mornings"], begins, ends)
    return [row_of(Morning, row) for row in rows]


async def claim_digests(
    connection: Connection, morning: Morning, staff: Sequence[UUID], actor: str
) -> list[UUID]:
    """Write down who is sent it; those whom another worker did not write down before."""
    rows = await connection.fetch(
        _SQL["claim_digests"],
        morning.study_id,
        morning.site_id,
        morning.day,
        [new_id() for _ in staff],
        list(staff),
        actor,
    )
    return [row["staff_id"] for row in rows]
