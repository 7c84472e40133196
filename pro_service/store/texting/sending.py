"""Around one call to a provider: ids it has given already, whose turn it is, what never came."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.store.connection import Connection, write
from pro_service.store.ids import first_at, new_id
from pro_service.store.journal import BAD_NUMBERS, JournalLine
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("texting/sending")


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


class SenderOf(NamedTuple):
    """Our address that speaks for a participant's site; `per_second`: a pace of its own."""

    participant_id: UUID
    id: UUID
    provider: str
    per_second: float | None


async def list_senders_of(
    connection: Connection, study_id: UUID, participant_ids: Sequence[UUID], providers: list[str]
) -> list[SenderOf]:
    """For each of these participants the nearest address of these providers, if there is one.

    It tells how many may be claimed at once. The claim itself chooses by number and consent.
    """
    rows = await connection.fetch(
        _SQL["list_senders_of"], study_id, list(participant_ids), providers
    )
    return [row_of(SenderOf, row) for row in rows]


class SenderRow(NamedTuple):
    """One of our addresses; `per_second` is None where its provider's usual pace holds."""

    id: UUID
    provider: str
    address: str
    site: str | None
    per_second: float | None
    in_use: bool
    """New texts go out from there: they were not moved to another."""
    waiting: int
    """Texts that wait to be sent from there."""


async def list_senders(connection: Connection, study_id: UUID) -> list[SenderRow]:
    """The study's addresses with their paces."""
    rows = await connection.fetch(_SQL["list_senders"], study_id)
    return [row_of(SenderRow, row) for row in rows]


class SenderMove(NamedTuple):
    """That new texts went over to another sender (study time), by whom and why; what it was."""

    from_id: UUID
    to_id: UUID
    provider: str
    address: str
    recorded_at: datetime
    actor: str
    reason: str


async def list_sender_moves(connection: Connection, study_id: UUID) -> list[SenderMove]:
    """Every move of the study's senders, the latest first."""
    rows = await connection.fetch(_SQL["list_sender_moves"], study_id)
    return [row_of(SenderMove, row) for row in rows]


async def set_pace(
    connection: Connection, study_id: UUID, sender_id: UUID, per_second: float | None, actor: str
) -> None:
    """Say how many texts a second a sender may send, None for its provider's usual pace."""
    await connection.execute(_SQL["set_pace"], study_id, sender_id, per_second, actor)


async def insert_call(
    connection: Connection,
    study_id: UUID,
    call_id: UUID,
    participant_id: UUID,
    reason: str,
    actor: str,
) -> bool:
    """Make a call task unless one of that reason is open; whether it was made."""
    said = JournalLine(kind="bad_number", study_id=study_id, participant_id=participant_id)
    made = await write(
        connection,
        _SQL["insert_call"],
        study_id,
        call_id,
        participant_id,
        reason,
        actor,
        telling=[said] if reason in BAD_NUMBERS else [],
    )
    return made is not None


class SenderElsewhere(NamedTuple):
    """An address of a study's that belongs to a provider that is not in use here."""

    study: str
    address: str
    provider: str


async def list_senders_elsewhere(
    connection: Connection, providers: list[str]
) -> list[SenderElsewhere]:
    """Our addresses from which nothing can be sent through these providers, in every study."""
    rows = await connection.fetch(_SQL["list_senders_elsewhere"], providers)
    return [row_of(SenderElsewhere, row) for row in rows]


class WaitingElsewhere(NamedTuple):
    """How many texts wait for a provider that is not in use here."""

    provider: str
    texts: int


async def count_waiting_elsewhere(
    connection: Connection, providers: list[str]
) -> list[WaitingElsewhere]:
    """Texts to be sent or looked up at none of these providers, in every study."""
    rows = await connection.fetch(_SQL["count_waiting_elsewhere"], providers)
    return [row_of(WaitingElsewhere, row) for row in rows]


async def move_sender(
    connection: Connection,
    study_id: UUID,
    from_id: UUID,
    provider: str,
    address: str,
    *,
    actor: str,
    reason: str,
) -> bool:
    """Let new texts of a sender go out from an address of a provider's; False if it is another
    study's.

    Within a transaction that has a reason.
    """
    parameters = (study_id, from_id, provider, address, new_id(), new_id(), actor, reason)
    return await write(connection, _SQL["move_sender"], *parameters) is not None


class InboundSweep(NamedTuple):
    """A sender of ours, and the span of its inbound texts to look through (machine time)."""

    study_id: UUID
    sender_id: UUID
    address: str
    since: datetime
    until: datetime
    failed_at: datetime | None
    """When the last look failed for some numbers; None: it did not."""


async def list_inbound_sweeps(
    connection: Connection,
    provider: str,
    *,
    first_look: timedelta,
    overlap: timedelta,
    grace: timedelta,
) -> list[InboundSweep]:
    """What to look through next, from the last time's end less an overlap, up to a grace ago."""
    rows = await connection.fetch(
        _SQL["list_inbound_sweeps"],
        provider,
        first_look.total_seconds(),
        overlap.total_seconds(),
        grace.total_seconds(),
    )
    return [row_of(InboundSweep, row) for row in rows]


class LineWrittenTo(NamedTuple):
    """A line, and the number on it, sealed under the study's key."""

    line_id: UUID
    their_address_sealed: bytes
    their_address_key: str


async def list_lines_written_to(
    connection: Connection, sweep: InboundSweep, since: datetime
) -> list[LineWrittenTo]:
    """The lines a sweep's sender wrote on since an instant (machine time)."""
    rows = await connection.fetch(
        _SQL["list_lines_written_to"], sweep.study_id, sweep.sender_id, first_at(since)
    )
    return [row_of(LineWrittenTo, row) for row in rows]


async def mark_inbound_swept(connection: Connection, sweep: InboundSweep) -> None:
    """Everything in the span has been fed."""
    await connection.execute(
        _SQL["mark_inbound_swept"], sweep.study_id, sweep.sender_id, sweep.until
    )


async def mark_inbound_failed(
    connection: Connection, sweep: InboundSweep, swept_until: datetime, now: datetime
) -> None:
    """Some numbers of the span gave no answer; `swept_until` is where the span before ended."""
    await connection.execute(
        _SQL["mark_inbound_failed"], sweep.study_id, sweep.sender_id, swept_until, now
    )
