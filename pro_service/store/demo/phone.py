"""What the demo's phone page shows. Run as the worker, who may read the fake provider's tables.

Every instant is study time.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.store.connection import Connection
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("demo/phone")


class PhoneText(NamedTuple):
    """One text on a phone; `sent` if the phone sent it."""

    id: UUID
    sent: bool
    body: str
    at: datetime


class NextEvent(NamedTuple):
    """What falls due next, and for whom."""

    at: datetime
    kind: str
    """`reminder` or `closing`."""
    code: str
    definition: str


class Happening(NamedTuple):
    """Something that happened; `total` is how many of its kind did."""

    at: datetime
    kind: str
    """`text`, `reply`, `alert`, `call`, `answered` or `closing`."""
    code: str
    """The participant's code; empty where nobody is known."""
    what: str
    total: int


async def list_phone_texts(
    connection: Connection, study_id: UUID, their_address: str, after_id: UUID | None
) -> list[PhoneText]:
    """A phone's texts, both ways, oldest first, after `after_id`."""
    rows = await connection.fetch(_SQL["list_phone_texts"], study_id, their_address, after_id)
    return [row_of(PhoneText, row) for row in rows]


async def find_next_event(connection: Connection, study_id: UUID) -> NextEvent | None:
    """What falls due next; what is overdue comes first. None if nothing ever will."""
    row = await connection.fetchrow(_SQL["find_next_event"], study_id)
    return None if row is None else row_of(NextEvent, row)


async def list_happenings(
    connection: Connection, study_id: UUID, since: datetime, limit: int
) -> list[Happening]:
    """What happened after `since`, latest first."""
    rows = await connection.fetch(_SQL["list_happenings"], study_id, since, limit)
    return [row_of(Happening, row) for row in rows]
