"""Batches a provider pushed, kept until they are worked off, and the names our senders go by."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple
from uuid import UUID

from pro_service.store.connection import Connection
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

MOST_TRIES: Final = 8
"""A push tried in vain so often is left to somebody."""
_SQL: Final = load_queries("receiving/pushes")
PushKind = Literal["inbound", "receipts"]


class NewPush(NamedTuple):
    """A push as it came, sealed."""

    study_id: UUID
    id: UUID
    provider: str
    kind: PushKind
    body_sealed: bytes
    body_key: str


class PushRow(NamedTuple):
    """A push that was claimed, to be worked off; `tries` counts this one."""

    study_id: UUID
    id: UUID
    provider: str
    kind: PushKind
    body_sealed: bytes
    body_key: str
    tries: int


class Tally(NamedTuple):
    """What became of a push's elements."""

    taken: int = 0
    broken: int = 0
    """Could not be read, or is not what it should be."""
    unknown: int = 0
    """About no message of ours, or for no sender of ours."""


class KeptPush(NamedTuple):
    """A push that holds something for somebody to look at."""

    id: UUID
    provider: str
    kind: PushKind
    came_at: datetime
    taken: int
    broken: int
    unknown: int
    worked: bool
    """False: it was given up after too many tries."""


async def find_study_of_provider(connection: Connection, provider: str) -> UUID | None:
    """The study that had the first sender of a provider; None where it has none."""
    found: UUID | None = await connection.fetchval(_SQL["find_study_of_provider"], provider)
    return found


async def insert_push(connection: Connection, push: NewPush) -> None:
    """Keep a push as it came."""
    await connection.execute(_SQL["insert_push"], *push)


async def claim_push(
    connection: Connection, providers: Sequence[str], lease: timedelta, most_tries: int
) -> PushRow | None:
    """Lease the oldest push of these providers that is not worked off; None where there is none."""
    row = await connection.fetchrow(
        _SQL["claim_push"], list(providers), lease.total_seconds(), most_tries
    )
    return None if row is None else row_of(PushRow, row)


async def mark_push_worked(
    connection: Connection, push: PushRow, tally: Tally, *, keep: bool
) -> None:
    """A push is worked off, and emptied unless it is to be looked at."""
    await connection.execute(_SQL["mark_push_worked"], push.study_id, push.id, *tally, keep)


async def list_pushes_to_look_at(
    connection: Connection, study_id: UUID, *, most_tries: int, limit: int
) -> list[KeptPush]:
    """Pushes that hold what nobody could read, or what was tried in vain, oldest first."""
    rows = await connection.fetch(_SQL["list_pushes_to_look_at"], study_id, most_tries, limit)
    return [row_of(KeptPush, row) for row in rows]


async def get_push(
    connection: Connection, study_id: UUID, push_id: UUID
) -> tuple[bytes, str] | None:
    """The sealed body of a push that is kept, and the name of its key."""
    row = await connection.fetchrow(_SQL["get_push"], study_id, push_id)
    return None if row is None else (row["body_sealed"], row["body_key"])


async def close_push(connection: Connection, study_id: UUID, push_id: UUID, actor: str) -> bool:
    """Nothing of a push is kept any longer; False where nothing was."""
    return await connection.fetchval(_SQL["close_push"], study_id, push_id, actor) is not None
