"""What only the participants' pages write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

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


async def keep_overtaken_answers(
    connection: Connection, study_id: UUID, participant_id: UUID, document: Mapping[str, Any]
) -> None:
    """Store answers that others had overtaken, without making them current.

    Raises DuplicateError for a request stored before.
    """
    await write(
        connection, _SQL["keep_overtaken_answers"], study_id, participant_id, dict(document)
    )


async def record_choice(connection: Connection, guard: Guard, document: ChoiceWrite) -> None:
    """Keep a choice, or a pause and its end. Raises StaleRevisionError, DuplicateError."""
    await write(connection, _SQL["record_choice"], *guard, document)
