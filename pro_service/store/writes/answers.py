"""What an answer writes: its sitting, its responses and scores, alerts, and what it closes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from pro_service.domain.instruments.numbers import Value

Authentication = Literal[
    "link",
    "link_and_factor",
    "card",
    "card_and_factor",
    "known_number",
    "staff",
    "handover",
    "handover_and_factor",
]
"""How whoever answered was known."""


@dataclass(frozen=True, kw_only=True)
class DoorRow:
    """What a write has still to look at whose answers were decided about from facts in hand."""

    sha256: bytes
    """What the way in is kept under."""
    session_hours: int | None
    """How long a session lasts; None: it is a link."""
    origin: str
    """Which rows the facts were read from."""
    now: datetime
    """Study time as it was reckoned."""
    authentication: str
    """How whoever answers was known."""


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
    source_sha256: bytes | None = None
    """The network whoever answers is in, hashed: compared with where a card was shown, not kept."""
    told_at: datetime | None = None
    """When it was answered, as claimed, where staff enter it; None: now."""
    interviewer: str | None = None
    original: str | None = None
    """Where the paper lies that was typed in (`note:<id>`)."""
    apart: str | None = None
    """What of it the protocol does not name for analysis; with why it is entered all the same."""
    apart_reason: str | None = None
    replaces: UUID | None = None
    """The sitting this is the record of anew, where its visit was dated anew."""
    moved_from: UUID | None = None
    """The sitting as it was recorded where it did not belong."""
    handover_id: UUID | None = None
    """The hand-over of the tablet it is answered on."""


@dataclass(frozen=True, kw_only=True)
class ResponseRow:
    """One item's answer: a value or a kind of gap; what was typed is sealed."""

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
    answered_at: datetime | None = None
    """When the answer was given that a correction changed: the alert is late; None: it is not."""


@dataclass(frozen=True, kw_only=True)
class ReportRow:
    """An alert that a report of harm raises, unless it was told already."""

    id: UUID
    rule: str
    severity: str
    happened_on: date | None
    once: bool
    """Whether an earlier one of the rule is about the same, whatever its day."""
    own_kind: str | None
    """The protocol's own kind that was entered, if that told it."""
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
