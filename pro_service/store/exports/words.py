"""Words about and of participants as an export reads them, sealed, at one instant (study time)."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg

from pro_service.store.exports.export import Whose
from pro_service.store.sql_files import load_queries
from pro_service.store.streams import Stream

_SQL: Final = load_queries("exports/words")


class ExportedWords(NamedTuple):
    """Words as they are kept: sealed, with the wrapped key that opens them unless it is gone."""

    participant_id: UUID
    id: UUID
    about: str
    """The kind of the row they stand with."""
    about_id: UUID | None
    by_participant: bool | None
    """None: a text from a number of which nobody knows whose it was."""
    words_sealed: bytes
    words_key: str
    key_id: UUID | None
    wrapped: bytes | None
    wrapping_key: str | None
    recorded_at: datetime
    actor: str


async def stream_exported_words(
    connection: asyncpg.Connection[asyncpg.Record], whose: Whose
) -> Stream[ExportedWords]:
    """The words written about these participants, and theirs that somebody had to read."""
    return await Stream.open(connection, _SQL["list_exported_words"], ExportedWords, *whose)
