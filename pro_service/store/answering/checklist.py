"""The safety checklist that a participant opens by saying that something is wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Final
from uuid import UUID

from pro_service.store.connection import Connection, Guard, write
from pro_service.store.sql_files import load_queries
from pro_service.store.writes import AssessmentRow, CallRow

_SQL: Final = load_queries("answering/checklist")


@dataclass(frozen=True, kw_only=True)
class ChecklistVisitRow:
    """The visit it stands at, open from now on; everything else about it is fixed."""

    id: UUID
    occurrence: int
    target_on: date
    """Today, in the participant's zone."""
    actor: str


@dataclass
class ChecklistWrite:
    """A visit with what it asks, none where one is open or there is no checklist; and calls."""

    visits: list[ChecklistVisitRow] = field(default_factory=list)
    """One at most."""
    assessments: list[AssessmentRow] = field(default_factory=list)
    calls: list[CallRow] = field(default_factory=list)
    """Of the reason `unwell` alone; one that is open already stays."""


async def open_checklist(connection: Connection, guard: Guard, document: ChecklistWrite) -> None:
    """Open it. Raises StaleRevisionError, and DuplicateError where one is open already."""
    await write(connection, _SQL["open_checklist"], *guard, document)
