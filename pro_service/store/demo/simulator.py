"""The fake provider's rows: texts it accepted or phones sent, and webhooks still to be answered.

Every function takes the connection first. All instants are machine time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final, Literal, TypeAlias
from uuid import UUID

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from pydantic import Field

from pro_service.domain.record import Record
from pro_service.store.ids import new_id
from pro_service.store.sql_files import load_queries

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"

_SQL: Final = load_queries("demo/simulator")


class PhoneText(Record):
    """A text a phone has received. `id` is the provider's id of it."""

    id: UUID
    our_address: str = Field(repr=False)
    their_address: str = Field(repr=False)
    body: str = Field(repr=False)
    reference: UUID | None
    status_callback: str | None


class Outcome(Record):
    """One status the provider will report of a text."""

    status: str
    error_code: str | None = None


class PendingWebhook(Record):
    """A claimed webhook with the text it is about; `tries` counts this one."""

    id: UUID
    text_id: UUID
    kind: Literal["inbound", "status"]
    status: str | None
    error_code: str | None
    tries: int
    our_address: str = Field(repr=False)
    their_address: str = Field(repr=False)
    body: str = Field(repr=False)
    media_count: int
    status_callback: str | None


async def insert_text_to_phone(
    connection: Connection,
    *,
    our_address: str,
    their_address: str,
    body: str,
    reference: UUID | None,
    status_callback: str | None,
    outcomes: Sequence[Outcome],
) -> UUID:
    """Accept a text for a phone, with the status webhooks to come; returns the provider's id."""
    text_id = new_id()
    await connection.execute(
        _SQL["insert_text_to_phone"],
        text_id,
        our_address,
        their_address,
        body,
        reference,
        status_callback,
        *_webhooks(status_callback, outcomes),
    )
    return text_id


async def insert_text_from_phone(
    connection: Connection,
    *,
    our_address: str,
    their_address: str,
    body: str,
    media_count: int,
    lease: timedelta,
) -> PendingWebhook:
    """Keep a text a phone sent; its webhook is returned leased to the caller."""
    text_id, webhook_id = new_id(), new_id()
    await connection.execute(
        _SQL["insert_text_from_phone"],
        text_id,
        our_address,
        their_address,
        body,
        media_count,
        webhook_id,
        lease,
    )
    return PendingWebhook(
        id=webhook_id,
        text_id=text_id,
        kind="inbound",
        status=None,
        error_code=None,
        tries=1,
        our_address=our_address,
        their_address=their_address,
        body=body,
        media_count=media_count,
        status_callback=None,
    )


async def claim_webhooks(
    connection: Connection, *, pass_id: UUID, due_only: bool, lease: timedelta, most: int
) -> list[PendingWebhook]:
    """Lease at most `most` open webhooks that this pass has not tried, oldest first.

    `due_only` leaves those out that are pausing after a failed try.
    """
    rows = await connection.fetch(_SQL["claim_webhooks"], pass_id, due_only, lease, most)
    return [PendingWebhook.model_validate(dict(row)) for row in rows]


async def mark_webhooks_answered(connection: Connection, ids: Sequence[UUID]) -> None:
    """Close webhooks answered with 2xx."""
    await connection.execute(_SQL["mark_webhooks_answered"], list(ids))


async def mark_inbound_answered(
    connection: Connection,
    *,
    webhook_id: UUID,
    body: str,
    reference: UUID | None,
    status_callback: str | None,
    outcomes: Sequence[Outcome],
) -> UUID | None:
    """Close an inbound webhook and accept its reply; None if it had been answered before."""
    reply_id: UUID | None = await connection.fetchval(
        _SQL["mark_inbound_answered"],
        webhook_id,
        new_id(),
        body,
        reference,
        status_callback,
        *_webhooks(status_callback, outcomes),
    )
    return reply_id


async def mark_webhooks_failed(
    connection: Connection,
    ids: Sequence[UUID],
    *,
    most_tries: int,
    first_pause: timedelta,
    longest_pause: timedelta,
) -> None:
    """Give webhooks back after a failed try: to be tried after a pause, or given up."""
    await connection.execute(
        _SQL["mark_webhooks_failed"], list(ids), most_tries, first_pause, longest_pause
    )


async def list_texts_to_phone(
    connection: Connection, their_address: str, after_id: UUID | None = None
) -> list[PhoneText]:
    """Every text a phone has received, oldest first, after `after_id`."""
    rows = await connection.fetch(_SQL["list_texts_to_phone"], their_address, after_id)
    return [PhoneText.model_validate(dict(row)) for row in rows]


async def list_texts_by_reference(
    connection: Connection, their_address: str, reference: UUID
) -> list[PhoneText]:
    """The texts accepted for one phone under one message id of the service."""
    rows = await connection.fetch(_SQL["list_texts_by_reference"], their_address, reference)
    return [PhoneText.model_validate(dict(row)) for row in rows]


async def count_open_webhooks(connection: Connection) -> int:
    """How many webhooks are neither answered nor given up."""
    return int(await connection.fetchval(_SQL["count_open_webhooks"]))


async def count_given_up_webhooks(connection: Connection) -> int:
    """How many webhooks were given up unanswered."""
    return int(await connection.fetchval(_SQL["count_given_up_webhooks"]))


async def count_doubles(connection: Connection) -> int:
    """How many texts were accepted beyond the first under one message id of the service."""
    return int(await connection.fetchval(_SQL["count_doubles"]))


def _webhooks(status_callback: str | None, outcomes: Sequence[Outcome]) -> tuple[Any, ...]:
    """Ids, statuses and error codes of the webhooks to queue; none without a callback."""
    wanted = list(outcomes) if status_callback is not None else []
    return (
        [new_id() for _ in wanted],
        [outcome.status for outcome in wanted],
        [outcome.error_code for outcome in wanted],
    )
