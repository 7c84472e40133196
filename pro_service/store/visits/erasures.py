"""Erasure as it is kept: asked for, done, what outlived the key, and which backups it misses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.store.connection import Connection, Guard, write
from pro_service.store.ids import new_id
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries
from pro_service.store.writes import ErasureRow, KeptWordsRow

_SQL: Final = load_queries("visits/erasures")


class ErasureCounts(NamedTuple):
    """How much there is of each kind that goes with a participant's key, or stays without it."""

    numbers: int
    identities: int
    texts: int
    typed: int
    """Answers with the words they were given in."""
    notes: int
    kept: int
    """Of texts and notes: those that outlive the key."""
    elsewhere: int
    """Of texts: those under the study's key."""
    answers: int
    scores: int
    visits: int
    alerts: int
    open_alerts: int


class ErasureSeen(NamedTuple):
    """How far the erasure of a participant has come. Instants are study time."""

    now: datetime
    restricted: bool
    asked_by: str | None
    asked_at: datetime | None
    asked_ground: str | None
    asked_name: str | None
    asked_reason: str | None
    erased_by: str | None
    erased_at: datetime | None
    erased_ground: str | None
    erased_name: str | None
    erased_reason: str | None
    certificate: str | None
    certificate_sha256: str | None
    counts: ErasureCounts


class WordsToKeep(NamedTuple):
    """A note or a text sealed under the participant's key, which outlives it."""

    id: UUID
    source: str
    words_sealed: bytes
    words_key: str


class KeptWords(NamedTuple):
    """The same under the study's key, with when it was written, and by whom of the staff."""

    id: UUID
    source: str
    words_sealed: bytes
    words_key: str
    at: datetime | None
    actor: str | None


class BackupKept(NamedTuple):
    """A backup that may still be there."""

    file_name: str
    made_at: datetime
    kept_until: date | None


@dataclass
class ErasureWrite:
    """A step of erasing somebody, and the words that outlive the key."""

    erasures: list[ErasureRow] = field(default_factory=list)
    kept_words: list[KeptWordsRow] = field(default_factory=list)


async def get_erasure(connection: Connection, study_id: UUID, participant_id: UUID) -> ErasureSeen:
    """How far the erasure of a participant has come."""
    row = await connection.fetchrow(_SQL["get_erasure"], study_id, participant_id)
    if row is None:
        raise AssertionError("one row is there whatever was done")
    return row_of(ErasureSeen, row, counts=ErasureCounts(**row["counts"]))


async def list_words_to_keep(
    connection: Connection, study_id: UUID, participant_id: UUID
) -> list[WordsToKeep]:
    """What outlives the participant's key."""
    rows = await connection.fetch(_SQL["list_words_to_keep"], study_id, participant_id)
    return [row_of(WordsToKeep, row) for row in rows]


async def list_kept_words(
    connection: Connection, study_id: UUID, participant_id: UUID
) -> list[KeptWords]:
    """What outlived the key of somebody who was erased."""
    rows = await connection.fetch(_SQL["list_kept_words"], study_id, participant_id)
    return [row_of(KeptWords, row) for row in rows]


async def list_backups_kept(connection: Connection, today: date) -> list[BackupKept]:
    """The backups that may still be there, the newest first."""
    return [
        row_of(BackupKept, row) for row in await connection.fetch(_SQL["list_backups_kept"], today)
    ]


async def count_others_who(
    connection: Connection, study_id: UUID, site_id: UUID | None, roles: Sequence[str], but: str
) -> int:
    """How many others than `but` hold one of these roles now, where it is asked for."""
    counted: int = await connection.fetchval(
        _SQL["count_others_who"], study_id, site_id, list(roles), but
    )
    return counted


async def record_erasure(connection: Connection, guard: Guard, document: ErasureWrite) -> None:
    """Keep a step of erasing somebody. Raises StaleRevisionError, DuplicateError."""
    await write(connection, _SQL["record_erasure"], *guard, document)


async def destroy_key(connection: Connection, guard: Guard) -> UUID | None:
    """Destroy the participant's key, in the transaction that said so; its id, if it was there."""
    key_id: UUID | None = await connection.fetchval(
        _SQL["destroy_key"], guard.study_id, guard.participant_id
    )
    return key_id


async def record_backup(
    connection: Connection, made: BackupKept, *, of_studies: Sequence[UUID] = ()
) -> None:
    """Keep that a backup was made, and until when it is kept; of which studies, if not of all."""
    await connection.execute(
        _SQL["record_backup"],
        *(new_id(), made.file_name, made.made_at, made.kept_until),
        list(of_studies) or None,
    )
