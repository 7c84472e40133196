"""What settling a text writes: the word on what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class SettlementRow:
    """What became of a text that somebody had to read."""

    id: UUID
    inbound_id: UUID
    line_id: UUID
    kind: str
    reason: str
    """A word of the program, or `note:<id>`."""
    message_id: UUID | None
    """The reply, where that is what became of it."""
    actor: str
    follows: UUID | None = None
    """The undoing of an earlier word on the text after which this one is said; None: the first."""
