"""Locks as they are kept: what each holds, since when, and how its lifting goes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal, NamedTuple
from uuid import UUID

from pro_service.store.connection import Connection, DuplicateError, write
from pro_service.store.ids import new_id
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("record/locks")
Scope = Literal["visit", "participant", "site", "study"]
Step = Literal["asked", "lifted"]


class LockPlace(NamedTuple):
    """What a lock is of: a site, a participant, a participant's visit, or (none) the study."""

    site_id: UUID | None = None
    participant_id: UUID | None = None
    visit_id: UUID | None = None


class OpenVisit(NamedTuple):
    """A visit that cannot be locked yet."""

    code: str
    definition: str
    occurrence: int


class LockPreview(NamedTuple):
    """What a lock would hold, and what it would not."""

    visits: int
    participants: Sequence[UUID]
    """Whose visits those are."""
    open: int
    """Visits that opened and have not closed, or whose closing is not settled yet."""
    first_open: Sequence[OpenVisit]


class LockRow(NamedTuple):
    """A lock with what it holds, and how far its lifting has come. Instants are study time."""

    id: UUID
    scope: Scope
    site_id: UUID | None
    participant_id: UUID | None
    site: str | None
    participant: str | None
    definition: str | None
    occurrence: int | None
    recorded_at: datetime
    actor: str
    reason: str
    now: datetime
    visits: int
    asked_by: str | None
    """Who asked last that it be lifted."""
    asked_at: datetime | None
    asked_name: str | None
    asked_reason: str | None
    lifted_by: str | None
    lifted_at: datetime | None
    lifted_name: str | None
    lifted_reason: str | None


async def find_lock_place(
    connection: Connection,
    study_id: UUID,
    *,
    site: str | None,
    participant: str | None,
    visit: tuple[str, int] | None,
) -> LockPlace:
    """What codes name; None for each that names nothing. `visit` is definition and occurrence."""
    definition, occurrence = visit or (None, None)
    row = await connection.fetchrow(
        _SQL["find_lock_place"], study_id, site, participant, definition, occurrence
    )
    return row_of(LockPlace, row)


async def preview_lock(
    connection: Connection, study_id: UUID, place: LockPlace, most: int
) -> LockPreview:
    """What a lock would hold; of what it would not, `most` by name."""
    row = await connection.fetchrow(_SQL["preview_lock"], study_id, *place, most)
    return row_of(LockPreview, row, first_open=[OpenVisit(**one) for one in row["first_open"]])


async def insert_lock(
    connection: Connection, study_id: UUID, scope: Scope, place: LockPlace, by: tuple[str, str]
) -> UUID:
    """Keep that something is locked, by whom and why (`by`); it holds nothing yet."""
    lock_id = new_id()
    await connection.execute(_SQL["insert_lock"], study_id, lock_id, scope, *place, *by)
    return lock_id


async def hold_visits(
    connection: Connection,
    study_id: UUID,
    lock_id: UUID,
    place: LockPlace,
    participants: Sequence[UUID],
    *,
    actor: str,
) -> int:
    """Take the turns of participants and hold their settled visits; returns how many.

    In a transaction: what was decided of them before is decided anew once it ends.
    """
    await take_turns(connection, study_id, participants)
    # Read after the turns were waited for.
    rows = await connection.fetch(_SQL["list_visits_to_lock"], study_id, *place, list(participants))
    ids = [new_id() for _ in rows]
    held = [[row[name] for row in rows] for name in ("participant_id", "visit_id")]
    await connection.execute(_SQL["hold_visits"], study_id, lock_id, ids, *held, actor)
    return len(rows)


async def take_turns(connection: Connection, study_id: UUID, participants: Sequence[UUID]) -> None:
    """Move the revisions of participants, in one order."""
    await connection.execute(_SQL["take_turns"], study_id, list(participants))


async def list_locks(connection: Connection, study_id: UUID) -> list[LockRow]:
    """The locks that are seen from here, the newest first."""
    rows = await connection.fetch(_SQL["list_locks"], study_id)
    return [row_of(LockRow, row) for row in rows]


async def list_held_participants(
    connection: Connection, study_id: UUID, lock_id: UUID
) -> list[UUID]:
    """Whose visits a lock holds."""
    rows = await connection.fetch(_SQL["list_held_participants"], study_id, lock_id)
    return [row["participant_id"] for row in rows]


async def insert_lift(
    connection: Connection,
    study_id: UUID,
    lock_id: UUID,
    step: Step,
    signed: tuple[str, str, str],
) -> bool:
    """Keep a step of lifting, signed by a printed name, who it is, and why; False: it is lifted."""
    try:
        await write(connection, _SQL["insert_lift"], study_id, new_id(), lock_id, step, *signed)
    except DuplicateError:
        return False
    return True


async def is_visit_locked(
    connection: Connection, study_id: UUID, participant_id: UUID, assessment_id: UUID
) -> bool:
    """Whether the visit that asked is locked now."""
    locked: bool = await connection.fetchval(
        _SQL["is_visit_locked"], study_id, participant_id, assessment_id
    )
    return locked


class Arrived(NamedTuple):
    """What came for a visit since it was locked; never what was answered."""

    lock_id: UUID
    code: str
    definition: str
    occurrence: int
    answers: int
    sittings: int
    last_at: datetime
    total: int
    """Visits for which something came, of which those shown are the first."""


async def list_arrived(connection: Connection, study_id: UUID, most: int) -> list[Arrived]:
    """What came for visits that are locked now, as far as they are seen from here."""
    rows = await connection.fetch(_SQL["list_arrived"], study_id, most)
    return [row_of(Arrived, row) for row in rows]


class LockedVisit(NamedTuple):
    """A visit that is locked, since when (study time)."""

    visit_id: UUID
    definition: str
    occurrence: int
    locked_at: datetime


async def list_locked_visits(
    connection: Connection, study_id: UUID, participant_id: UUID
) -> list[LockedVisit]:
    """The visits of a participant that are locked now, in the order in which they opened."""
    rows = await connection.fetch(_SQL["list_locked_visits"], study_id, participant_id)
    return [row_of(LockedVisit, row) for row in rows]
