"""What is written of the schedule: visits, what they ask, and closings made anew."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID


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
class SafetyEndRow:
    """An investigator's word that the safety follow-up of the injections there were has ended."""

    id: UUID
    actor: str
    reason: str
