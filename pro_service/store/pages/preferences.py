"""What only the participants' pages write."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from pro_service.domain.instruments.numbers import Value
from pro_service.store.connection import Connection, Guard, write
from pro_service.store.sql_files import load_queries
from pro_service.store.writes import MovedReminderRow, PreferenceRow, StatusRow

_SQL: Final = load_queries("pages/preferences")


@dataclass
class ChoiceWrite:
    """What a participant chose, or staff for them, with the nudges that follow it."""

    web_key: str
    """The idempotency key of the form; a second copy is refused."""
    preferences: list[PreferenceRow] = field(default_factory=list)
    statuses: list[StatusRow] = field(default_factory=list)
    moved: list[MovedReminderRow] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class OvertakenRow:
    """An answer given on a page after another had been stored for its item."""

    id: UUID
    assessment_id: UUID
    attempt_id: UUID
    item: str
    value: Value | None
    gap: str | None
    lowest: int
    highest: int
    raw_sealed: bytes | None
    raw_key: str | None
    answered_at: datetime | None
    """As claimed by whoever answered; None: when it is stored."""
    replaces: UUID | None
    """The response its page showed."""
    actor: str


@dataclass
class OvertakenWrite:
    """Answers that are kept and change nothing that stands."""

    web_key: str
    """The idempotency key of the form; a second copy is refused."""
    responses: list[OvertakenRow] = field(default_factory=list)


async def keep_overtaken_answers(
    connection: Connection, study_id: UUID, participant_id: UUID, document: OvertakenWrite
) -> None:
    """Store answers that others had overtaken, without making them current.

    Raises DuplicateError for a request stored before.
    """
    await write(connection, _SQL["keep_overtaken_answers"], study_id, participant_id, document)


async def record_choice(connection: Connection, guard: Guard, document: ChoiceWrite) -> None:
    """Keep a choice, or a pause and its end. Raises StaleRevisionError, DuplicateError."""
    await write(connection, _SQL["record_choice"], *guard, document)
