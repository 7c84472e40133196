"""The first text to a participant's telephone: what is known of it, and its way into the queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.delivery.states import MessageState
from pro_service.store.connection import Connection, Guard, write
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries
from pro_service.store.writes import LineRow, ReplyMessageRow

_SQL: Final = load_queries("texting/first_texts")


class FirstTextSeen(NamedTuple):
    """A telephone, how it was proven, its last first text, and the name of the site."""

    contact_id: UUID
    verified_at: datetime | None
    verified_by: str | None
    texts: int
    sent_at: datetime | None
    state: MessageState | None
    asked: bool
    heard: bool
    site_name: str


@dataclass
class FirstTextWrite:
    """A first text, and its line where that is new."""

    lines: list[LineRow] = field(default_factory=list)
    messages: list[ReplyMessageRow] = field(default_factory=list)


async def list_first_texts(
    connection: Connection, study_id: UUID, participant_id: UUID, site_id: UUID
) -> list[FirstTextSeen]:
    """The participant's telephones."""
    rows = await connection.fetch(_SQL["list_first_texts"], study_id, participant_id, site_id)
    return [row_of(FirstTextSeen, row) for row in rows]


class ProofLetters(NamedTuple):
    """The letters that were to prove an e-mail address, and the name of the site."""

    letters: int
    state: MessageState | None
    """Of the last of them."""
    site_name: str


async def read_proof_letters(
    connection: Connection,
    study_id: UUID,
    participant_id: UUID,
    indexes: Sequence[bytes],
    site_id: UUID,
) -> ProofLetters:
    """Those to one address, found by its index."""
    place = (study_id, participant_id, list(indexes), site_id)
    return row_of(ProofLetters, await connection.fetchrow(_SQL["read_proof_letters"], *place))


async def queue_first_text(connection: Connection, guard: Guard, document: FirstTextWrite) -> None:
    """Hand a first text to the queue. Raises StaleRevisionError, DuplicateError."""
    await write(connection, _SQL["queue_first_text"], *guard, document)
