"""Outbound messages: their lines, claims, marks and receipts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from pro_service.domain.delivery.states import MessageState
from pro_service.store.connection import Connection, Guard, write
from pro_service.store.journal import JournalLine
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("texting/messages")


class OwnedSender(NamedTuple):
    """One of our addresses, and the study it speaks for."""

    study_id: UUID
    id: UUID
    provider: str
    site_id: UUID | None
    sender_name: str
    now_id: UUID
    """What it became where it was corrected or moved: texts go out from there now."""
    now_provider: str

    @property
    def moved(self) -> bool:
        """Whether texts go out from another address of ours by now."""
        return self.now_id != self.id


class LineRow(NamedTuple):
    """A line; `focus_participant_id` says who of several is answering, since `focused_at`."""

    id: UUID
    focus_participant_id: UUID | None
    focused_at: datetime | None
    their_address_sealed: bytes
    their_address_key: str


class FoundLine(NamedTuple):
    """A line among several, with what it was looked for by."""

    sender_id: UUID
    their_index: bytes
    id: UUID
    focus_participant_id: UUID | None
    focused_at: datetime | None
    their_address_sealed: bytes
    their_address_key: str

    @property
    def line(self) -> LineRow:
        """The line alone."""
        return LineRow(*self[2:])


class QueuedRow(NamedTuple):
    """A message that waits for another try."""

    study_id: UUID
    id: UUID
    participant_id: UUID | None
    kind: str


class MessageRow(NamedTuple):
    """All that is needed to send a message, or to find it at the provider."""

    study_id: UUID
    id: UUID
    participant_id: UUID | None
    kind: str
    template: str
    state: MessageState
    tries: int
    body_sealed: bytes
    body_key: str
    provider: str
    provider_id: str | None
    expires_at: datetime | None
    lives_for: timedelta | None
    lease_left: timedelta | None
    """How long the claim still held (machine time) when the row was read; None: not claimed."""
    now: datetime
    """Study time when the row was read."""
    line_id: UUID
    their_address_sealed: bytes
    their_address_key: str
    our_address: str
    registered_code: str | None
    """Of the registration it goes out with; None: in words of our own."""
    registered_signature: str | None
    parameters_sealed: bytes | None
    visit_ids: tuple[UUID, ...]


class Mark(NamedTuple):
    """Where its deliverer leaves a message, and what is known of that."""

    state: MessageState
    provider_id: str | None = None
    error_code: str | None = None
    reason: str | None = None
    retry_in: timedelta | None = None
    """How long to wait before it is tried again (machine time); None: it is not."""


class ReceiptRow(NamedTuple):
    """What a provider said of a message, as it is kept."""

    id: UUID
    provider: str
    provider_id: str
    provider_status: str
    error_code: str | None
    actor: str


class FoundMessage(NamedTuple):
    """A message somebody names, and where it stands."""

    study_id: UUID
    id: UUID
    state: MessageState


class HeardText(NamedTuple):
    """A text that came in, sealed."""

    id: UUID
    body_sealed: bytes
    body_key: str


class CarrierRow(NamedTuple):
    """How far a message has come, and what happened on its line around it."""

    state: MessageState
    accepted_for: timedelta | None
    """How long the provider had had it (machine time); None: it has not, or that was not kept."""
    staff_wrote: bool
    heard: tuple[HeardText, ...]


async def find_line(
    connection: Connection, study_id: UUID, sender_id: UUID, their_indexes: Sequence[bytes]
) -> LineRow | None:
    """The line to a number, whichever key it was indexed under and whatever the sender was."""
    row = await connection.fetchrow(_SQL["find_line"], study_id, sender_id, list(their_indexes))
    return None if row is None else row_of(LineRow, row)


class LineKey(NamedTuple):
    """What finds a line: one of our addresses, and a number's blind index."""

    sender_id: UUID
    their_index: bytes


async def list_lines(
    connection: Connection,
    study_id: UUID,
    sender_ids: Sequence[UUID],
    their_indexes: Sequence[bytes],
) -> dict[LineKey, LineRow]:
    """The lines from some of our addresses to some numbers."""
    rows = await connection.fetch(
        _SQL["list_lines"], study_id, list(sender_ids), list(their_indexes)
    )
    found: dict[LineKey, LineRow] = {}
    for each in (row_of(FoundLine, row) for row in rows):
        found.setdefault(LineKey(each.sender_id, each.their_index), each.line)
    return found


async def mark_message(
    connection: Connection, study_id: UUID, message_id: UUID, expected: MessageState, mark: Mark
) -> bool:
    """Move a message on from a state; False if somebody else (a receipt) moved it first."""
    row = await connection.fetchrow(
        _SQL["mark_message"],
        study_id,
        message_id,
        expected,
        mark.state,
        mark.provider_id,
        mark.error_code,
        mark.reason,
        None if mark.retry_in is None else mark.retry_in.total_seconds(),
    )
    return row is not None


class MarkRow(NamedTuple):
    """A mark as `mark_messages` takes it."""

    id: UUID
    state: str
    provider_id: str | None
    error_code: str | None
    reason: str | None
    retry_seconds: float | None


async def mark_messages(
    connection: Connection, study_id: UUID, expected: MessageState, marks: Mapping[UUID, Mark]
) -> set[UUID]:
    """Move messages on from a state; those that moved, and that nobody else moved first."""
    rows = [
        MarkRow(
            message_id,
            mark.state,
            mark.provider_id,
            mark.error_code,
            mark.reason,
            None if mark.retry_in is None else mark.retry_in.total_seconds(),
        )._asdict()
        for message_id, mark in marks.items()
    ]
    moved = await connection.fetch(_SQL["mark_messages"], study_id, expected, rows)
    return {row["id"] for row in moved}


async def list_retries(connection: Connection, providers: list[str], limit: int) -> list[QueuedRow]:
    """Queued messages of these providers whose time to try again has come (machine time)."""
    rows = await connection.fetch(_SQL["list_retries"], providers, limit)
    return [row_of(QueuedRow, row) for row in rows]


async def reclaim_message(
    connection: Connection, guard: Guard, message_id: UUID, lease_seconds: int
) -> bool:
    """Claim a queued message again; False if it is queued no more. Raises StaleRevisionError."""
    row = await write(
        connection,
        _SQL["reclaim_message"],
        guard.study_id,
        message_id,
        guard.participant_id,
        guard.revision,
        lease_seconds,
        telling=[
            JournalLine(
                kind="send",
                study_id=guard.study_id,
                participant_id=guard.participant_id,
                message_id=message_id,
            )
        ],
    )
    return row is not None and bool(row["claimed"])


async def get_message(
    connection: Connection, study_id: UUID, message_id: UUID
) -> MessageRow | None:
    """A message with its line's two addresses, sealed."""
    return next(iter(await list_messages(connection, study_id, [message_id])), None)


async def list_messages(
    connection: Connection, study_id: UUID, message_ids: Sequence[UUID]
) -> list[MessageRow]:
    """Messages with their lines' two addresses, sealed."""
    rows = await connection.fetch(_SQL["list_messages"], study_id, list(message_ids))
    return [
        row_of(MessageRow, row, state=MessageState(row["state"]), visit_ids=tuple(row["visit_ids"]))
        for row in rows
    ]


async def mark_overdue_ambiguous(connection: Connection) -> int:
    """Messages whose claim outlived its lease become ambiguous; returns how many."""
    return len(await connection.fetch(_SQL["mark_overdue_ambiguous"]))


async def list_ambiguous(
    connection: Connection, providers: list[str], older_than: timedelta, limit: int
) -> list[tuple[UUID, UUID]]:
    """(study, message) of what these providers may have been given, old enough to look up."""
    rows = await connection.fetch(
        _SQL["list_ambiguous"], providers, older_than.total_seconds(), limit
    )
    return [(row["study_id"], row["id"]) for row in rows]


async def list_unheard_replies(
    connection: Connection, providers: list[str], older_than: timedelta, limit: int
) -> list[tuple[UUID, UUID]]:
    """(study, message) of replies in webhooks' answers of which no receipt has come."""
    rows = await connection.fetch(
        _SQL["list_unheard_replies"], providers, older_than.total_seconds(), limit
    )
    return [(row["study_id"], row["id"]) for row in rows]


async def mark_expired(connection: Connection, providers: list[str]) -> int:
    """Queued messages whose window has closed expire; returns how many.

    Those of a provider that is not among these never went out: `provider_gone`.
    """
    return len(await connection.fetch(_SQL["mark_expired"], providers))


async def get_carrier(
    connection: Connection,
    study_id: UUID,
    message_id: UUID,
    *,
    came_at: datetime | None,
    heard: Sequence[UUID],
) -> CarrierRow | None:
    """How far the message that asked a question had come when a participant's text came.

    `came_at` is when the provider had that text, where a list says so (machine time, whole
    seconds); `heard` are the texts to be read beside it.
    """
    row = await connection.fetchrow(_SQL["get_carrier"], study_id, message_id, came_at, list(heard))
    return None if row is None else carrier_of(row)


def carrier_of(row: Mapping[str, Any]) -> CarrierRow:
    """How far a message has come, of what `pro.carrier_of` gives."""
    texts = tuple(
        HeardText(UUID(one), bytes.fromhex(body), key)
        for one, body, key in json.loads(row["heard_texts"])
    )
    state = MessageState(row["state"])
    return CarrierRow(state, row["accepted_for"], row["staff_wrote"], texts)


async def find_letter(connection: Connection, message_id: UUID) -> FoundMessage | None:
    """The letter of an id; None for a text, and for none."""
    row = await connection.fetchrow(_SQL["find_letter"], message_id)
    return None if row is None else row_of(FoundMessage, row, state=MessageState(row["state"]))


async def find_reported(
    connection: Connection, message_id: UUID | None, provider: str, provider_id: str
) -> FoundMessage | None:
    """The message a receipt is about; None: it is not ours."""
    row = await connection.fetchrow(_SQL["find_reported"], message_id, provider, provider_id)
    return None if row is None else row_of(FoundMessage, row, state=MessageState(row["state"]))


async def record_receipt(
    connection: Connection,
    message_id: UUID | None,
    receipt: ReceiptRow,
    moves: Mapping[MessageState, MessageState],
    *,
    copied: Iterable[MessageState] = (),
) -> bool:
    """Keep a receipt and move its message as `moves` says of each state; False: it is not ours.

    Without our id (`message_id`) the provider's names it. Of a message that stays in a `copied`
    state nothing is kept.
    """
    *said, actor = receipt
    row = await write(
        connection,
        _SQL["record_receipt"],
        *(said[0], message_id, *said[1:], actor),
        *(list(moves), [moves[one] for one in moves]),
        [one for one in copied if moves[one] == one],
    )
    return row is not None
