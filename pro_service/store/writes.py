"""What write documents carry: one frozen record for each row, its fields the columns stored.

A guarded statement takes one JSON document; the document's class stands beside the statement's
function in `store/<package>/`, its lists hold the records below. A test compares the fields with
the columns of each `jsonb_to_recordset` of the statement. Ids are UUIDv7 made in Python, instants
aware UTC, `bytes` travel as hex. `actor` is who writes: participant:<code>, staff:<login> ...
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class AttemptRow:
    """A sitting that begins with this write."""

    id: UUID
    assessment_id: UUID
    ordinal: int
    mode: str
    respondent: str
    respondent_relation: str | None
    authentication: str
    language: str
    device_class: str | None
    release: str
    instrument_sha256: str
    wording_sha256: str
    actor: str


@dataclass(frozen=True, kw_only=True)
class ResponseRow:
    """One item's answer: a value or a kind of gap; what was typed is sealed."""

    id: UUID
    assessment_id: UUID
    attempt_id: UUID
    item: str
    value: int | None
    gap: str | None
    lowest: int
    highest: int
    raw_sealed: bytes | None
    raw_key: str | None
    answered_at: datetime | None
    """As claimed by whoever answered; None: when it is stored."""
    answered_offset_minutes: int | None
    inbound_id: UUID | None
    actor: str
    replaces: UUID | None = None
    entered_at: datetime | None = None
    entered_by: str | None = None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class ScoreRow:
    """One scale of one sitting; an absent score has its reason."""

    id: UUID
    assessment_id: UUID
    attempt_id: UUID
    basis: str
    scale: str
    instrument: str
    instrument_version: str
    scoring_version: str
    raw: Decimal | None
    normalised: Decimal | None
    lowest: int
    highest: int
    answered: int
    substituted: int
    absent_reason: str | None
    actor: str


@dataclass(frozen=True, kw_only=True)
class AlertRow:
    """What an answer raised."""

    id: UUID
    assessment_id: UUID
    inbound_id: UUID | None
    rule: str
    severity: str
    actor: str


@dataclass(frozen=True, kw_only=True)
class QueryRow:
    """A question about a datum."""

    id: UUID
    assessment_id: UUID
    rule: str
    actor: str


@dataclass(frozen=True, kw_only=True)
class VisitDoneRow:
    """A visit at which nothing is owed any more, and why: its nudges and calls end."""

    visit_id: UUID
    reason: str


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


@dataclass(frozen=True, kw_only=True)
class PreferenceRow:
    """What a participant chose for themselves, whole: the latest row holds."""

    id: UUID
    language: str
    channel: str
    nudge_at: time | None
    larger_text: bool
    actor: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class StatusRow:
    """A status from an instant on; None: from the write on."""

    id: UUID
    status: str
    effective_at: datetime | None
    actor: str
    reason: str | None


@dataclass(frozen=True, kw_only=True)
class EventRow:
    """A dated fact about a participant: planned for a day, happened at an instant."""

    id: UUID
    kind: str
    ordinal: int
    target: str | None
    planned_on: date | None
    occurred_at: datetime | None
    actor: str
    reason: str | None


@dataclass(frozen=True, kw_only=True)
class ReclosedVisitRow:
    """A visit with answers that ends when the event it led up to happened."""

    id: UUID
    closes_at: datetime
    closing_id: UUID
    actor: str


@dataclass(frozen=True, kw_only=True)
class VisitRow:
    """A visit that is dated."""

    id: UUID
    definition: str
    kind: str
    occurrence: int
    schedule_revision: int
    provisional: bool
    opens_at: datetime
    target_on: date
    closes_at: datetime | None
    actor: str


@dataclass(frozen=True, kw_only=True)
class AssessmentRow:
    """What a visit asks."""

    id: UUID
    visit_id: UUID
    instrument: str
    target: str
    actor: str


@dataclass(frozen=True, kw_only=True)
class CardRow:
    """A card of somebody who is enrolled: only its token's hash is kept."""

    id: UUID
    token_sha256: bytes
    link_key: str


@dataclass(frozen=True, kw_only=True)
class IdentityRow:
    """What else identifies a participant, sealed under their key."""

    id: UUID
    kind: str
    value_sealed: bytes
    value_key: str
