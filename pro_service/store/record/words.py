"""Staff's words that stood in the clear: found, and replaced by references, as the owner."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.store.connection import Connection
from pro_service.store.notes import NoteSeen, OwnKey
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("record/words")


class WordsOfRow(NamedTuple):
    """Words in a column of a row, with when the row was recorded and by whom they are."""

    study_id: UUID
    participant_id: UUID
    table_name: str
    column_name: str
    id: UUID
    said: str
    recorded_at: datetime
    actor: str | None


class WordsOfEntry(NamedTuple):
    """Words in an audit entry: at a path of its `changes`, or (None) its reason."""

    study_id: UUID
    participant_id: UUID
    entry_id: int
    at: datetime
    path: list[str] | None
    said: str
    actor: str


@dataclass(frozen=True, kw_only=True)
class MovedNoteRow:
    """A note made of words that stood elsewhere."""

    id: UUID
    participant_id: UUID
    words_sealed: bytes
    words_key: str
    recorded_at: datetime
    actor: str


@dataclass(frozen=True, kw_only=True)
class MovedEntryRow:
    """An audit entry that changes: `said` lists path (None: the reason) and text."""

    id: UUID
    study_id: UUID
    participant_id: UUID
    entry_id: int
    at: datetime
    said: list[dict[str, object]]


class MovedEntry(NamedTuple):
    """An entry whose words were moved: the hash it was sealed under, and the notes it names now."""

    study_id: UUID
    entry_id: int
    entry_at: datetime
    before_sha256: bytes
    notes: list[UUID]


@asynccontextmanager
async def alone(connection: Connection) -> AsyncIterator[None]:
    """While nobody else moves words in this database."""
    await connection.execute(_SQL["hold_the_move"])
    try:
        yield
    finally:
        await connection.execute(_SQL["let_the_move_go"])


async def is_finished(connection: Connection) -> bool:
    """Whether a run found nothing left."""
    return bool(await connection.fetchval(_SQL["is_finished"]))


async def list_words_in_rows(connection: Connection) -> list[WordsOfRow]:
    """Everything that stands in rows, oldest rows first."""
    return [row_of(WordsOfRow, row) for row in await connection.fetch(_SQL["list_words_in_rows"])]


async def list_words_in_entries(connection: Connection) -> list[WordsOfEntry]:
    """Everything that stands in audit entries about participants."""
    rows = await connection.fetch(_SQL["list_words_in_entries"])
    return [row_of(WordsOfEntry, row) for row in rows]


async def list_participant_keys(
    connection: Connection, study_id: UUID, participants: Sequence[UUID]
) -> dict[UUID, OwnKey]:
    """The wrapped keys of participants; who is missing has none any more."""
    rows = await connection.fetch(_SQL["list_participant_keys"], study_id, list(participants))
    return {
        row["participant_id"]: OwnKey(row["id"], row["wrapped"], row["wrapping_key"])
        for row in rows
    }


async def be_patient(connection: Connection) -> None:
    """For the present transaction: give up where a table stays in use for half a second."""
    await connection.execute(_SQL["be_patient"])


async def insert_moved_notes(
    connection: Connection, study_id: UUID, notes: Sequence[MovedNoteRow]
) -> None:
    """Keep notes of words that stood elsewhere."""
    await connection.execute(_SQL["insert_moved_notes"], study_id, list(notes))


async def move_words(
    connection: Connection, place: tuple[str, str], study_id: UUID, said: Mapping[UUID, str]
) -> None:
    """In a table's column (`place`), put other texts in the place of words, by row."""
    (table, column), ids = place, list(said)
    texts = [said[one] for one in ids]
    await connection.execute(_SQL["move_words"], table, column, study_id, ids, texts)


async def move_words_of_entries(connection: Connection, moves: Sequence[MovedEntryRow]) -> None:
    """The same in audit entries, whose former hashes are kept."""
    await connection.execute(_SQL["move_words_of_entries"], list(moves))


async def finish_the_move(connection: Connection, rows: int, entries: int) -> None:
    """Say that nothing is left."""
    await connection.execute(_SQL["finish_the_move"], rows, entries)


async def list_moved_entries(connection: Connection) -> list[MovedEntry]:
    """Entries whose words were moved."""
    rows = await connection.fetch(_SQL["list_moved_entries"])
    return [row_of(MovedEntry, row) for row in rows]


async def list_notes(connection: Connection, study_id: UUID, ids: Sequence[UUID]) -> list[NoteSeen]:
    """Notes with the keys that open them."""
    rows = await connection.fetch(_SQL["list_notes"], study_id, list(ids))
    return [row_of(NoteSeen, row) for row in rows]


async def rebuild_hash(
    connection: Connection, entry: MovedEntry, words: Mapping[UUID, str]
) -> bytes:
    """The hash an entry has with these words put back."""
    document = {str(note): text for note, text in words.items()}
    sha256: bytes = await connection.fetchval(
        _SQL["rebuild_hash"], entry.entry_id, entry.entry_at, document
    )
    return sha256
