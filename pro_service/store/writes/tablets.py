"""A tablet handed over for one sitting, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from pro_service.domain.study.sittings.tablet import TabletStep


@dataclass(frozen=True, kw_only=True)
class HandoverRow:
    """A tablet that is handed over: where, for which questions of a visit."""

    id: UUID
    site_id: UUID
    visit_id: UUID
    assessment_ids: tuple[UUID, ...]
    code_sha256: bytes
    link_key: str
    """The key under which its code is derived from the id."""
    idle_minutes: int
    actor: str


@dataclass(frozen=True, kw_only=True)
class TabletStepRow:
    """What staff do with a hand-over: it is taken back, or another takes its place."""

    id: UUID
    handover_id: UUID
    step: TabletStep
    actor: str
