"""What a text writes, sent or received: its line, its message, where the exchange stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class LineRow:
    """A line used for the first time."""

    id: UUID
    sender_id: UUID
    their_index: bytes
    their_address_sealed: bytes
    their_address_key: str
    actor: str


@dataclass(frozen=True, kw_only=True)
class InvitationRow:
    """A link: only its token's hash is kept."""

    id: UUID
    visit_id: UUID
    token_sha256: bytes
    link_key: str
    expires_at: datetime | None
    actor: str


@dataclass(frozen=True, kw_only=True)
class ReminderMessageRow:
    """A reminder's text, claimed for sending in the write that stores it."""

    id: UUID
    line_id: UUID
    kind: str
    template: str
    language: str
    body_sealed: bytes
    body_key: str
    encoding: str
    segments: int
    provider: str
    dedupe_key: str
    actor: str
    lease_seconds: int
    """How long the claim holds (machine time)."""
    expires_at: datetime | None
    participant_id: UUID | None = None
    """None: the one whose turn the write takes."""
    state: str | None = None
    """None: claimed."""
    registration_id: UUID | None = None
    """With which registration it goes out; None: in words of our own."""
    parameters_sealed: bytes | None = None


@dataclass(frozen=True, kw_only=True)
class ReplyMessageRow:
    """The reply to a text: in the webhook's own answer, or queued (`state`)."""

    id: UUID
    line_id: UUID
    participant_id: UUID | None
    kind: str
    template: str
    language: str
    body_sealed: bytes
    body_key: str
    encoding: str
    segments: int
    provider: str
    dedupe_key: str
    actor: str
    state: str | None = None
    lease_seconds: int | None = None
    """A reply is not claimed; None."""
    expires_at: datetime | None = None
    registration_id: UUID | None = None
    """A reply is in words of our own; None."""
    parameters_sealed: bytes | None = None


@dataclass(frozen=True, kw_only=True)
class ConversationRow:
    """Where the conversation with a participant on a line stands."""

    id: UUID
    line_id: UUID
    dialogue: dict[str, Any]
    """The domain's Dialogue as JSON."""
    participant_id: UUID | None = None
    """None: the one whose turn the write takes."""


@dataclass(frozen=True, kw_only=True)
class LineConversationRow:
    """The same for one of those who use a line."""

    id: UUID
    line_id: UUID
    participant_id: UUID
    dialogue: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class InboundRow:
    """A text that came in, sealed, with what it was taken for."""

    id: UUID
    line_id: UUID
    participant_id: UUID | None
    provider: str
    provider_id: str
    body_sealed: bytes
    body_key: str
    media_count: int
    disposition: str
    command: str | None
    reply_message_id: UUID | None
    actor: str
    urgent: bool = False
    """It names a sign of harm: somebody reads it first."""
    asked_assessment_id: UUID | None = None
    asked_items: tuple[str, ...] | None = None
    """The question it found open that counted as asked; None: none."""


@dataclass(frozen=True, kw_only=True)
class TextAlertRow:
    """What a text's words warn of, for one of those who may have written it."""

    id: UUID
    participant_id: UUID
    rule: str
    severity: str
    uncertain_who: bool
    actor: str


@dataclass(frozen=True, kw_only=True)
class FocusRow:
    """Who of those on a line is answering."""

    line_id: UUID
    participant_id: UUID


@dataclass(frozen=True, kw_only=True)
class OptOutRow:
    """A line that wants no texts."""

    id: UUID
    line_id: UUID
    participant_id: UUID | None
    inbound_id: UUID | None
    reason: str
    actor: str
