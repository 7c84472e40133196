"""Deaths that were reported and not recorded yet: what the desk reads of them."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.store.connection import Connection
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("desk/deaths")


class DeathReported(NamedTuple):
    """Somebody whose death was told, and of whom the record has no day of it."""

    code: str
    site_id: UUID
    reported_at: datetime
    total: int
    """How many there are."""


async def list_deaths_reported(
    connection: Connection, study_id: UUID, most: int
) -> list[DeathReported]:
    """Those at the desk's sites now, the longest waiting first."""
    rows = await connection.fetch(_SQL["list_deaths_reported"], study_id, most)
    return [row_of(DeathReported, row) for row in rows]
