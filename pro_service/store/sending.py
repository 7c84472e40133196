"""Around one call to a provider: ids it has given already, whose turn it is, whom to call."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from pro_service.store.connection import Connection
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("sending")


async def list_taken_ids(
    connection: Connection, provider: str, provider_ids: Sequence[str]
) -> set[str]:
    """Those of a provider's ids that messages of ours carry already."""
    rows = await connection.fetch(_SQL["list_taken_ids"], provider, list(provider_ids))
    return {row["provider_id"] for row in rows}


async def claim_turn(
    connection: Connection,
    study_id: UUID,
    message_id: UUID,
    *,
    per_second: float,
    patience: timedelta,
) -> timedelta | None:
    """How long to wait (machine time) for the turn now taken; None if none is free soon enough.

    `per_second` holds where the sender has no pace of its own.
    """
    seconds = await connection.fetchval(
        _SQL["claim_turn"], study_id, message_id, per_second, patience.total_seconds()
    )
    return None if seconds is None else timedelta(seconds=seconds)


async def set_pace(connection: Connection, study_id: UUID, address: str, per_second: float) -> bool:
    """Say how many texts a second a sender may send; False for an address that is not ours."""
    found = await connection.fetchval(_SQL["set_pace"], study_id, address, per_second)
    return found is not None


async def insert_call(
    connection: Connection,
    study_id: UUID,
    call_id: UUID,
    participant_id: UUID,
    reason: str,
    actor: str,
) -> bool:
    """Make a call task unless one of that reason is open; whether it was made."""
    made = await connection.fetchval(
        _SQL["insert_call"], study_id, call_id, participant_id, reason, actor
    )
    return made is not None
