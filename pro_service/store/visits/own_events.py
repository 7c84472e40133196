"""Events of the protocol's own kinds: revisions, of which the last stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from pro_service.domain.study.own_events import OwnEventFacts
from pro_service.store.connection import Connection, Guard, write
from pro_service.store.sql_files import load_queries
from pro_service.store.writes import ReportRow

_SQL: Final = load_queries("visits/own_events")


@dataclass(frozen=True, kw_only=True)
class OwnEventRow:
    """One revision of an event; days are the participant's."""

    id: UUID
    event_id: UUID
    revision: int
    kind: str
    target: str | None
    began_on: date
    ended_on: date | None
    dose: Decimal | None
    dose_unit: str | None
    struck: bool
    actor: str


@dataclass
class OwnEventWrite:
    """A revision, and the alert that it raises, if any."""

    own_events: list[OwnEventRow] = field(default_factory=list)
    reports: list[ReportRow] = field(default_factory=list)


async def record_own_event(connection: Connection, guard: Guard, document: OwnEventWrite) -> None:
    """Keep a revision. Raises StaleRevisionError, DuplicateError."""
    await write(connection, _SQL["record_own_event"], *guard, document)


async def get_own_event(
    connection: Connection, study_id: UUID, participant_id: UUID, event_id: UUID
) -> OwnEventFacts | None:
    """An event of the participant's as it stands."""
    row = await connection.fetchrow(_SQL["get_own_event"], study_id, participant_id, event_id)
    return None if row is None else OwnEventFacts.model_validate(dict(row))
