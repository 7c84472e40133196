"""What stands around every page of the desk, read in one statement under row-level security."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.store.connection import Connection
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("desk/frame")


class Frame(NamedTuple):
    """What every page shows, whichever room it is."""

    kind: str | None
    """demo, validation or production: pages carry the mark."""
    held_since: datetime | None
    """Since when nothing is sent after a restore; None while texts go."""
    now: datetime
    """Study time, in UTC."""
    sites: list[str]
    """The codes of the sites seen from here."""
    urgent: int
    """Urgent alerts nobody has acted on, and texts to read that warn and raised none."""
    texts: int
    """Texts in words nobody has read."""


async def get_frame(connection: Connection, study_id: UUID) -> Frame:
    """The frame as it stands now."""
    row = await connection.fetchrow(_SQL["get_frame"], study_id)
    if row is None:
        raise AssertionError("a statement without FROM gives one row")
    return row_of(Frame, row)
