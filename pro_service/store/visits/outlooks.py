"""What is kept of visits for the desk's list: what each is before, in and after its window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from pro_service.store.connection import Connection
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("visits/outlooks")


async def refresh_outlooks(
    connection: Connection,
    study_id: UUID,
    participants: Sequence[UUID],
    items: Mapping[str, int],
) -> int:
    """Make outlooks anew where they are not as the participants are now; returns at how many.

    `items` says how many questions each instrument has.
    """
    refreshed: int = await connection.fetchval(
        _SQL["refresh_outlooks"], study_id, list(participants), items
    )
    return refreshed
