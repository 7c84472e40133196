"""Webhooks, what is to be told by them, and what came of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.store.connection import Connection, write
from pro_service.store.rows import row_of, rows_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("api/webhooks")


@dataclass(frozen=True)
class NewWebhook:
    """A webhook to keep, its secret sealed."""

    id: UUID
    staff_id: UUID
    url: str
    private: bool
    kinds: tuple[str, ...]
    secret_sealed: bytes = field(repr=False)
    secret_key: str


class WebhookRow(NamedTuple):
    """A webhook as an operator sees it; times are machine time."""

    id: UUID
    login: str
    url: str
    private: bool
    kinds: Sequence[str]
    recorded_at: datetime
    ended_at: datetime | None
    end_reason: str | None
    waiting: int
    delivered: int
    """Told within the last week."""
    dead: int


class DeadRow(NamedTuple):
    """What was never taken."""

    webhook_id: UUID
    kind: str
    participant_id: UUID
    tries: int
    dead_at: datetime
    fault: str


class Telling(NamedTuple):
    """One thing to tell now: claimed, and due again once the lease is over."""

    study_id: UUID
    webhook_id: UUID
    entry_id: int
    participant_id: UUID
    kind: str
    tries: int
    url: str
    private: bool
    secret_sealed: bytes
    secret_key: str
    now: datetime
    """Machine time, as the database has it."""


class Feeding(NamedTuple):
    """What is told of, and to whom."""

    kinds: Mapping[str, str]
    """By table and operation."""
    within: Mapping[str, str]
    """By kind, the column that must have changed."""
    safety: Collection[str]
    roles: Collection[str]


async def insert_webhook(
    connection: Connection, study_id: UUID, hook: NewWebhook, actor: str
) -> None:
    """Keep a webhook; what is written from now on is told. Within a transaction."""
    await write(
        connection,
        _SQL["insert_webhook"],
        *(study_id, hook.id, hook.staff_id, hook.url, hook.private, list(hook.kinds)),
        *(hook.secret_sealed, hook.secret_key, actor),
    )
    await connection.execute(_SQL["begin_webhook"], study_id, hook.id)


async def end_webhook(
    connection: Connection, study_id: UUID, hook_id: UUID, row_id: UUID, *, reason: str, actor: str
) -> bool:
    """End a webhook; False if there is none, or it has ended before."""
    ended = await connection.fetchval(_SQL["end_webhook"], study_id, hook_id, row_id, reason, actor)
    return ended is not None


async def list_webhooks(connection: Connection, study_id: UUID) -> list[WebhookRow]:
    """Every webhook of a study, in the order in which they were made."""
    rows = await connection.fetch(_SQL["list_webhooks"], study_id)
    return [row_of(WebhookRow, row) for row in rows]


async def list_dead_webhooks(connection: Connection, study_id: UUID, most: int) -> list[DeadRow]:
    """What was never taken, oldest first."""
    return rows_of(DeadRow, await connection.fetch(_SQL["list_dead_webhooks"], study_id, most))


async def retry_webhooks(connection: Connection, study_id: UUID, hook_id: UUID | None) -> int:
    """Let what is dead be tried once more; how much."""
    tried: int = await connection.fetchval(_SQL["retry_webhooks"], study_id, hook_id)
    return tried


async def feed_webhooks(connection: Connection, feeding: Feeding, most: int) -> int:
    """Note what has happened since for each webhook; how many entries were looked at."""
    looked: int = await connection.fetchval(
        _SQL["feed_webhooks"],
        *(dict(feeding.kinds), dict(feeding.within)),
        *(sorted(feeding.safety), sorted(feeding.roles), most),
    )
    return looked


async def claim_webhooks(connection: Connection, lease: timedelta, most: int) -> list[Telling]:
    """Claim what is due to be told."""
    return rows_of(Telling, await connection.fetch(_SQL["claim_webhooks"], lease, most))


async def settle_webhook(
    connection: Connection, told: Telling, fault: str | None, again: timedelta | None
) -> None:
    """Say what came of one: taken, or at fault and tried again after a while, or never more."""
    await connection.execute(
        _SQL["settle_webhook"],
        *(told.study_id, told.webhook_id, told.entry_id, told.participant_id, fault, again),
    )
