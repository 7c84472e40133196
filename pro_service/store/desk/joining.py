"""Who has not joined yet, and whose telephones are proven (R23): what the desk reads of both."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.delivery.states import MessageState
from pro_service.domain.study.reaching.first_texts import Telephone
from pro_service.store.connection import Connection
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("desk/joining")


class NotJoined(NamedTuple):
    """Somebody who agreed to texts: no number of theirs is proven, and no answer came by one."""

    code: str
    site_id: UUID
    enrolled_at: datetime
    sent_at: datetime | None
    """When the first text went out or was queued; None: none was sent."""
    state: MessageState | None
    total: int
    """How many there are."""


async def list_not_joined(connection: Connection, study_id: UUID, most: int) -> list[NotJoined]:
    """Those at the desk's sites now, the newest first."""
    rows = await connection.fetch(_SQL["list_not_joined"], study_id, most)
    return [row_of(NotJoined, row) for row in rows]


async def list_telephones(
    connection: Connection, study_id: UUID, participant_id: UUID
) -> list[Telephone]:
    """A participant's telephones, in the order they are tried."""
    rows = await connection.fetch(_SQL["list_telephones"], study_id, participant_id)
    return [Telephone(**dict(row)) for row in rows]
