"""What the journal says was sent after the backup, as rows again."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.delivery.states import MessageState
from pro_service.store.connection import Connection, Guard, write
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries
from pro_service.store.writes import EndedReminderRow, LineRow, ReminderMessageRow, ReminderRow

_SQL: Final = load_queries("keeping/replay")


@dataclass
class LostMessageWrite:
    """A text that was sent after the backup, the nudges it was, and those that follow."""

    sent_at: datetime
    """Machine time."""
    lines: list[LineRow] = field(default_factory=list)
    messages: list[ReminderMessageRow] = field(default_factory=list)
    ended: list[EndedReminderRow] = field(default_factory=list)
    planned: list[ReminderRow] = field(default_factory=list)


class SentMessage(NamedTuple):
    """A text the database knows of."""

    id: UUID
    state: MessageState


async def is_line_known(connection: Connection, study_id: UUID, line_id: UUID) -> bool:
    """Whether the database has a line."""
    return bool(await connection.fetchval(_SQL["is_line_known"], study_id, line_id))


async def list_line_users(connection: Connection, study_id: UUID, line_id: UUID) -> list[UUID]:
    """Everybody whose present number a line leads to."""
    rows = await connection.fetch(_SQL["list_line_users"], study_id, line_id)
    return [row["participant_id"] for row in rows]


async def find_sent_message(
    connection: Connection, study_id: UUID, message_id: UUID, dedupe_key: str | None
) -> SentMessage | None:
    """The text of that id, or the one sent for the same thing; None: the database has none."""
    row = await connection.fetchrow(_SQL["find_sent_message"], study_id, message_id, dedupe_key)
    return None if row is None else row_of(SentMessage, row, state=MessageState(row["state"]))


async def give_up_queued(connection: Connection, study_id: UUID, message_id: UUID) -> None:
    """Never send a text that waited for another try: it was tried after the backup."""
    await connection.execute(_SQL["give_up_queued"], study_id, message_id)


async def record_lost_message(
    connection: Connection, guard: Guard, document: LostMessageWrite
) -> None:
    """Keep a text the database has lost. Raises StaleRevisionError, DuplicateError."""
    await write(connection, _SQL["record_lost_message"], *guard, document)
