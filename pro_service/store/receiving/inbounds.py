"""Texts that came in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.store.connection import Connection, write
from pro_service.store.rows import row_of
from pro_service.store.sql_files import Beside, load_queries
from pro_service.store.writes import (
    FocusRow,
    InboundRow,
    InvitationRow,
    LineCallRow,
    LineConversationRow,
    LineRow,
    OptOutRow,
    ReplyMessageRow,
    TextAlertRow,
)

_SQL: Final = load_queries("receiving/inbounds")


class FirstCopy(NamedTuple):
    """What the first copy of a webhook led to; no message if it got no reply."""

    inbound_id: UUID
    message_id: UUID | None
    body_sealed: bytes | None
    body_key: str | None
    participant_id: UUID | None
    by_queue: bool
    """Whether the reply is a message that is sent by itself, and in no webhook's answer."""


class Telephones(NamedTuple):
    """A site's telephone, and the emergency number where it is."""

    telephone: str
    emergency_number: str


@dataclass(kw_only=True)
class InboundWrite:
    """A text that came in, what it was taken for, and what it leads to on its line."""

    inbound: InboundRow
    lines: list[LineRow] = field(default_factory=list)
    invitations: list[InvitationRow] = field(default_factory=list)
    messages: list[ReplyMessageRow] = field(default_factory=list)
    conversations: list[LineConversationRow] = field(default_factory=list)
    focus: list[FocusRow] = field(default_factory=list)
    opt_outs: list[OptOutRow] = field(default_factory=list)
    opt_ins: list[UUID] = field(default_factory=list)
    """Lines that want texts again."""
    affected: list[UUID] = field(default_factory=list)
    """Participants who use a line that is held back or let go by somebody else."""
    confirmed: list[UUID] = field(default_factory=list)
    """Numbers that are now proven to be their owner's."""
    calls: list[LineCallRow] = field(default_factory=list)
    alerts: list[TextAlertRow] = field(default_factory=list)

    @property
    def is_plain(self) -> bool:
        """Whether it changes nothing that is known of its participant: a text, and its reply."""
        return not (self.opt_outs or self.opt_ins or self.confirmed or self.calls or self.alerts)


async def find_provider_event(
    connection: Connection, study_id: UUID, provider: str, provider_id: str
) -> FirstCopy | None:
    """The first copy of this webhook, if there was one."""
    row = await connection.fetchrow(_SQL["find_provider_event"], study_id, provider, provider_id)
    return None if row is None else row_of(FirstCopy, row)


async def count_replies_today(connection: Connection, study_id: UUID, line_id: UUID) -> int:
    """Replies a line has had within a day of study time."""
    count: int = await connection.fetchval(_SQL["count_replies_today"], study_id, line_id)
    return count


async def was_warned_today(connection: Connection, study_id: UUID, line_id: UUID) -> bool:
    """Whether a line left in peace was told within a day of study time whom to ring."""
    return bool(await connection.fetchval(_SQL["was_warned_today"], study_id, line_id))


async def list_telephones_of_sender(
    connection: Connection, study_id: UUID, sender_id: UUID
) -> list[Telephones]:
    """Whom somebody rings who wrote to an address of ours: the sites it speaks for."""
    rows = await connection.fetch(_SQL["list_telephones_of_sender"], study_id, sender_id)
    return [row_of(Telephones, row) for row in rows]


async def is_held_back(connection: Connection, study_id: UUID, line_id: UUID) -> bool:
    """Whether a line asked for no texts."""
    return bool(await connection.fetchval(_SQL["is_held_back"], study_id, line_id))


async def record_inbound(connection: Connection, study_id: UUID, document: InboundWrite) -> None:
    """Keep a text with its disposition and reply. Raises DuplicateError for a second copy."""
    await write(connection, _SQL.writing("record_inbound", document), study_id, document)


def text_beside(document: InboundWrite) -> Beside:
    """A text, to be kept by the statement that takes the turn of whoever sent it."""
    return Beside(_SQL.writing("record_inbound", document), document)
