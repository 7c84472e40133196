"""Whether the reads of images are locked: then measures may stand beside scores."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from pro_service.store.connection import Connection
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("measuring/locked")


async def are_reads_locked(connection: Connection, study_id: UUID, as_of: datetime) -> bool:
    """Whether they were locked at an instant (study time)."""
    locked: bool = await connection.fetchval(_SQL["are_reads_locked"], study_id, as_of)
    return locked
