"""Tablets handed over for one sitting (rule R12): rows, browsers, and what lies idle.

Codes and browsers are bound by machine time; what is recorded says study time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.study.sittings.tablet import TabletStep
from pro_service.store.connection import Connection, Guard, write
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries
from pro_service.store.writes import HandoverRow, TabletStepRow

_SQL: Final = load_queries("pages/handover")


@dataclass(frozen=True, kw_only=True)
class HandoverWrite:
    """Tablets handed over, and what ends of those before."""

    handovers: Sequence[HandoverRow] = field(default_factory=tuple)
    steps: Sequence[TabletStepRow] = field(default_factory=tuple)


class HandoverLine(NamedTuple):
    """A hand-over as the desk sees it; never what was answered."""

    id: UUID
    visit_id: UUID
    link_key: str
    recorded_at: datetime
    actor: str
    tablet: str | None
    """The name of the tablet that opened it; None: none did."""
    opened_at: datetime | None
    confirmed: bool
    ended: TabletStep | None
    ended_at: datetime | None
    ended_by: str | None
    valid_for: timedelta | None
    """How long its code still works; None: it is too old, was used, or ended."""


class FoundHandover(NamedTuple):
    """The hand-over of a code that works."""

    study_id: UUID
    id: UUID
    participant_id: UUID
    idle_minutes: int


class TabletRow(NamedTuple):
    """The hand-over that a browser has opened."""

    study_id: UUID
    id: UUID
    participant_id: UUID
    visit_id: UUID
    assessment_ids: Sequence[UUID]
    link_key: str
    """Under which its code and PIN were made."""
    handed_by: str
    """Whoever of the staff handed it over."""
    steps: Sequence[TabletStep]
    sittings: Sequence[UUID]


class IdleTablet(NamedTuple):
    """A tablet that lies untouched."""

    study_id: UUID
    participant_id: UUID
    handover_id: UUID


class Opening(NamedTuple):
    """A browser that opens a hand-over: under which session, by which name, for whom."""

    session_sha256: bytes
    step_id: UUID
    tablet: str
    actor: str


async def write_handover(connection: Connection, guard: Guard, document: HandoverWrite) -> None:
    """Hand a tablet over, or end a hand-over. Raises StaleRevisionError, DuplicateError."""
    await write(connection, _SQL["write_handover"], *guard, document)


async def list_handovers(
    connection: Connection, study_id: UUID, participant_id: UUID, *, valid: timedelta, most: int
) -> list[HandoverLine]:
    """The latest hand-overs of a participant, newest first; a code works for `valid`."""
    rows = await connection.fetch(_SQL["list_handovers"], study_id, participant_id, valid, most)
    return [row_of(HandoverLine, row) for row in rows]


async def find_handover_by_code(
    connection: Connection, code_sha256: bytes, valid: timedelta
) -> FoundHandover | None:
    """The hand-over a code opens; None as well where two have the same at the same minute."""
    rows = await connection.fetch(_SQL["find_handover_by_code"], code_sha256, valid)
    return row_of(FoundHandover, rows[0]) if len(rows) == 1 else None


async def open_handover(connection: Connection, found: FoundHandover, opening: Opening) -> None:
    """Let a browser open a hand-over. Raises DuplicateError where another was quicker."""
    await write(
        connection,
        _SQL["open_handover"],
        found.study_id,
        found.id,
        found.participant_id,
        opening.session_sha256,
        timedelta(minutes=found.idle_minutes),
        opening.step_id,
        opening.tablet,
        opening.actor,
    )


async def find_tablet(connection: Connection, session_sha256: bytes) -> TabletRow | None:
    """What the browser of a session holds; None once it is over. Looking is touching it."""
    row = await connection.fetchrow(_SQL["find_tablet"], session_sha256)
    return None if row is None else row_of(TabletRow, row)


async def insert_tablet_step(
    connection: Connection, tablet: TabletRow, step_id: UUID, step: TabletStep, actor: str
) -> None:
    """Record what became of a hand-over; a second end changes nothing."""
    await connection.execute(
        _SQL["insert_tablet_step"],
        tablet.study_id,
        step_id,
        tablet.participant_id,
        tablet.id,
        step,
        actor,
    )


async def end_tablet_session(connection: Connection, session_sha256: bytes) -> None:
    """End a browser's session; one that has ended stays as it is."""
    await connection.execute(_SQL["end_tablet_session"], session_sha256)


async def list_idle_tablets(connection: Connection, most: int) -> list[IdleTablet]:
    """Tablets left untouched for longer than they may."""
    rows = await connection.fetch(_SQL["list_idle_tablets"], most)
    return [row_of(IdleTablet, row) for row in rows]


async def end_idle_tablet(
    connection: Connection, idle: IdleTablet, step_id: UUID, actor: str
) -> None:
    """End a tablet that lies untouched; one that was touched since stays open."""
    await connection.execute(_SQL["end_idle_tablet"], *idle, step_id, actor)
