"""What becomes of reminders, and the calls made where they stay unanswered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class CallRow:
    """A call somebody must make; it hangs on a visit or on none."""

    id: UUID
    visit_id: UUID | None
    reason: str
    closes_at: datetime | None
    actor: str
    participant_id: UUID | None = None
    """None: the one whose turn the write takes."""


@dataclass(frozen=True, kw_only=True)
class LineCallRow:
    """The same about one of those who use a line."""

    id: UUID
    participant_id: UUID
    visit_id: UUID | None
    reason: str
    closes_at: datetime | None
    actor: str


@dataclass(frozen=True, kw_only=True)
class EndedReminderRow:
    """A nudge that ends: with a message, or for a reason alone.

    Which nudge of which visit it is, is said for the journal, which outlives the row's id.
    """

    id: UUID
    reason: str
    message_id: UUID | None
    visit_id: UUID
    schedule_revision: int
    ordinal: int


@dataclass(frozen=True, kw_only=True)
class MovedReminderRow:
    """A nudge that stays and moves."""

    id: UUID
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class ReminderRow:
    """A nudge that is planned."""

    id: UUID
    visit_id: UUID
    schedule_revision: int
    ordinal: int
    due_at: datetime
    actor: str
