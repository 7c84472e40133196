"""What is written about a participant: preferences, statuses, events, cards, identities."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID


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
class FurtherConsentRow:
    """A consent that replaces the one in force: a version signed, or the word on a part."""

    id: UUID
    version: str
    signed_on: date
    messages: bool
    cross_border: bool
    caregiver: bool
    actor: str
    reason: str | None
    part: str | None
    """What was given or taken back; None: the version was signed."""
    said_on: date | None
    """When that was said; None with `part`."""


@dataclass(frozen=True, kw_only=True)
class RestrictionRow:
    """A participant is restricted from now on; False: is so no longer."""

    id: UUID
    restricted: bool
    actor: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class ErasureRow:
    """A step of erasing a participant: asked for, done, or done again after a restore."""

    id: UUID
    step: str
    ground: str
    printed_name: str
    certificate: str | None
    certificate_sha256: str | None
    actor: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class KeptWordsRow:
    """A note or a text that outlives its participant's key, sealed anew; `id` is its own."""

    id: UUID
    source: str
    words_sealed: bytes
    words_key: str
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
