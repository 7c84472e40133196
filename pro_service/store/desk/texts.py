"""Texts somebody must read: the conversation around them, and what became of each.

`get_text`, `list_` and `set_text_aside` run as the desk, the rest as the clerk.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.store.connection import Connection, Guard, write
from pro_service.store.notes import NoteSeen
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries
from pro_service.store.writes import (
    LineCallRow,
    LineRow,
    ReplyMessageRow,
    SettlementRow,
    TextAlertRow,
)

_SQL: Final = load_queries("desk/texts")


class TextSeen(NamedTuple):
    """A text to read, sealed, and what became of it (`kind` is None: nothing yet)."""

    id: UUID
    line_id: UUID
    participant_id: UUID | None
    body_sealed: bytes
    body_key: str
    media_count: int
    urgent: bool
    received_at: datetime
    read_at: datetime | None
    """When it left the list; by a release before this one without a word on why."""
    read_by: str | None
    asked_assessment_id: UUID | None
    asked_items: list[str] | None
    kind: str | None
    reason: str | None
    settled_at: datetime | None
    settled_by: str | None
    taken_for: UUID | None
    """Whose staff took it for."""
    key_id: UUID | None
    wrapped: bytes | None
    wrapping_key: str | None
    stranger_site: UUID | None
    """The site whose address it came to, where the number is nobody's."""
    raised: list[str]
    """The rules of the alerts its words raised."""


class PersonOfText(NamedTuple):
    """Somebody a text may be from; `site_id` is None where they are at no site of ours now."""

    participant_id: UUID
    code: str
    site_id: UUID | None
    answers_open: bool


class ThreadMessage(NamedTuple):
    """A text of ours, sealed."""

    id: UUID
    code: str
    kind: str
    template: str
    state: str
    state_reason: str | None
    segments: int
    body_sealed: bytes
    body_key: str
    at: datetime
    actor: str
    restricted: bool
    """Whether the participant is restricted: its words are shown to nobody (R17)."""
    key_id: UUID | None
    wrapped: bytes | None
    wrapping_key: str | None


class ThreadInbound(NamedTuple):
    """A text of theirs, sealed; `code` is None where it is nobody's in particular."""

    id: UUID
    code: str | None
    body_sealed: bytes
    body_key: str
    media_count: int
    disposition: str
    command: str | None
    urgent: bool
    received_at: datetime
    read_at: datetime | None
    read_by: str | None
    kind: str | None
    reason: str | None
    settled_at: datetime | None
    settled_by: str | None
    answers_open: bool
    """Whether the reader may see answers of whoever may have written it."""
    restricted: bool
    """Whether whose it is is restricted: its words are shown to nobody (R17)."""
    key_id: UUID | None
    wrapped: bytes | None
    wrapping_key: str | None


class AnsweredQuestion(NamedTuple):
    """A question that a text answered, without what it said."""

    inbound_id: UUID
    instrument: str
    target: str
    item: str
    taken_by: str | None
    """Who took the text for the answer; None: the service read it."""


class TextToSettle(NamedTuple):
    """A text as somebody is about to settle it for one participant."""

    line_id: UUID
    provider: str
    """Who brought it: what is said back goes out there."""
    named: UUID | None
    """Whose it is known to be."""
    body_sealed: bytes
    body_key: str
    media_count: int
    received_at: datetime
    asked_assessment_id: UUID | None
    asked_items: list[str] | None
    settled: bool
    settled_by: str | None
    settled_as: str | None
    """What became of it, if that was said."""
    undone_id: UUID | None
    """The last undoing of what was said of it; None: there was none."""
    contact_id: UUID | None
    """Which of the participant's contacts the number is now; None: none of theirs."""


@dataclass
class SettlementWrite:
    """A text settled, with what that asks for; or a message of staff that answers none."""

    settlements: list[SettlementRow] = field(default_factory=list)
    lines: list[LineRow] = field(default_factory=list)
    """A number that is written to for the first time."""
    messages: list[ReplyMessageRow] = field(default_factory=list)
    calls: list[LineCallRow] = field(default_factory=list)
    alerts: list[TextAlertRow] = field(default_factory=list)


async def get_text(connection: Connection, study_id: UUID, inbound_id: UUID) -> TextSeen | None:
    """A text that somebody must read, or had to; None: no such text here."""
    row = await connection.fetchrow(_SQL["get_text"], study_id, inbound_id)
    return None if row is None else row_of(TextSeen, row)


async def list_people_of_text(
    connection: Connection, study_id: UUID, inbound_id: UUID
) -> list[PersonOfText]:
    """Who a text may be from, by code."""
    rows = await connection.fetch(_SQL["list_people_of_text"], study_id, inbound_id)
    return [row_of(PersonOfText, row) for row in rows]


async def list_thread_messages(
    connection: Connection, study_id: UUID, participant_ids: Sequence[UUID], most: int
) -> list[ThreadMessage]:
    """Our last texts to these participants, the newest first."""
    rows = await connection.fetch(
        _SQL["list_thread_messages"], study_id, list(participant_ids), most
    )
    return [row_of(ThreadMessage, row) for row in rows]


async def list_thread_inbounds(
    connection: Connection,
    study_id: UUID,
    participant_ids: Sequence[UUID],
    line_id: UUID | None,
    most: int,
) -> list[ThreadInbound]:
    """The last texts of these participants, and on this line nobody's; the newest first."""
    rows = await connection.fetch(
        _SQL["list_thread_inbounds"], study_id, list(participant_ids), line_id, most
    )
    return [row_of(ThreadInbound, row) for row in rows]


async def list_answers_in_texts(
    connection: Connection, study_id: UUID, inbound_ids: Sequence[UUID]
) -> Mapping[UUID, list[AnsweredQuestion]]:
    """Which questions texts answered, by text."""
    found: dict[UUID, list[AnsweredQuestion]] = defaultdict(list)
    for row in await connection.fetch(_SQL["list_answers_in_texts"], study_id, list(inbound_ids)):
        found[row["inbound_id"]].append(row_of(AnsweredQuestion, row))
    return found


async def list_settling_notes(
    connection: Connection, study_id: UUID, inbound_ids: Sequence[UUID]
) -> list[NoteSeen]:
    """What staff wrote as they settled texts."""
    rows = await connection.fetch(_SQL["list_settling_notes"], study_id, list(inbound_ids))
    return [row_of(NoteSeen, row) for row in rows]


async def get_text_to_settle(
    connection: Connection, study_id: UUID, participant_id: UUID, inbound_id: UUID
) -> TextToSettle | None:
    """A text beside the participant it is about to be settled for."""
    row = await connection.fetchrow(
        _SQL["get_text_to_settle"], study_id, participant_id, inbound_id
    )
    return None if row is None else row_of(TextToSettle, row)


async def settle_text(connection: Connection, guard: Guard, document: SettlementWrite) -> None:
    """Say what became of a text, or write where none waits.

    Raises StaleRevisionError; DuplicateError where somebody has said it meanwhile.
    """
    await write(connection, _SQL["settle_text"], *guard, document)


async def set_text_aside(
    connection: Connection, study_id: UUID, row_id: UUID, inbound_id: UUID, said: tuple[str, str]
) -> bool:
    """Say that nothing is needed about nobody's text, for a reason, by an actor (`said`).

    False: it was settled already, or there is none here.
    """
    sql = _SQL["set_text_aside"]
    return await connection.fetchval(sql, study_id, row_id, inbound_id, *said) is not None
