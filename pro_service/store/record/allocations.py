"""Allocations, sealed; and that somebody was unblinded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.store.connection import Connection, Guard, write
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("record/allocations")


@dataclass(frozen=True, kw_only=True)
class AllocationRow:
    """An arm as it is stored; bytes in hex."""

    id: UUID
    participant_id: UUID
    arm_sealed: str
    arm_key: str


class ToAllocate(NamedTuple):
    """A participant a file names."""

    code: str
    participant_id: UUID
    allocated: bool


class SealedArm(NamedTuple):
    """An arm as it is stored, for whoever may open it."""

    id: UUID
    arm_sealed: bytes
    arm_key: str


class ListedArm(NamedTuple):
    """The same with whose it is."""

    id: UUID
    code: str
    arm_sealed: bytes
    arm_key: str


class Unblinding(NamedTuple):
    """That a participant was unblinded (study time)."""

    recorded_at: datetime
    actor: str
    reason: str


class LatestUnblinding(NamedTuple):
    """The same as a list has it."""

    code: str
    recorded_at: datetime
    actor: str


async def list_codes_to_allocate(
    connection: Connection, study_id: UUID, codes: Sequence[str]
) -> dict[str, ToAllocate]:
    """Those of the codes that are participants', by code."""
    rows = await connection.fetch(_SQL["list_codes_to_allocate"], study_id, list(codes))
    return {row["code"]: row_of(ToAllocate, row) for row in rows}


async def is_holder(connection: Connection, study_id: UUID, login: str) -> bool:
    """Whether a member of staff holds the allocation now."""
    holds: bool = await connection.fetchval(_SQL["is_holder"], study_id, login)
    return holds


async def insert_allocations(
    connection: Connection,
    study_id: UUID,
    rows: Sequence[AllocationRow],
    *,
    held_by: str,
    actor: str,
    reason: str,
) -> None:
    """Keep the arms of a file, all or none. Raises DuplicateError."""
    document = [asdict(one) for one in rows]
    given = (study_id, actor, reason, held_by, document)
    await write(connection, _SQL["insert_allocations"], *given)


async def record_unblinding(
    connection: Connection, guard: Guard, unblinding_id: UUID, reason: str, actor: str
) -> None:
    """Keep that somebody is unblinded. Raises StaleRevisionError."""
    await write(connection, _SQL["record_unblinding"], *guard, unblinding_id, reason, actor)


async def is_allocated(connection: Connection, study_id: UUID, participant_id: UUID) -> bool:
    """Whether an arm is kept for a participant."""
    kept: bool = await connection.fetchval(_SQL["is_allocated"], study_id, participant_id)
    return kept


async def get_arm_unblinded(
    connection: Connection, study_id: UUID, unblinding_id: UUID
) -> SealedArm | None:
    """The arm for whoever has just recorded this unblinding; None for anybody else, and later."""
    row = await connection.fetchrow(_SQL["get_arm_unblinded"], study_id, unblinding_id)
    return None if row is None else row_of(SealedArm, row)


async def show_allocations(
    connection: Connection, study_id: UUID, showing_id: UUID
) -> list[ListedArm]:
    """The arms for who holds the allocation, by code; that they were shown is recorded."""
    rows = await connection.fetch(_SQL["show_allocations"], study_id, showing_id)
    return [row_of(ListedArm, row) for row in rows]


async def list_unblindings(
    connection: Connection, study_id: UUID, participant_id: UUID
) -> list[Unblinding]:
    """That a participant was unblinded, the latest first."""
    rows = await connection.fetch(_SQL["list_unblindings"], study_id, participant_id)
    return [row_of(Unblinding, row) for row in rows]


async def list_latest_unblindings(
    connection: Connection, study_id: UUID, within: timedelta, most: int
) -> list[LatestUnblinding]:
    """Who was unblinded lately, the latest first."""
    rows = await connection.fetch(_SQL["list_latest_unblindings"], study_id, within, most)
    return [row_of(LatestUnblinding, row) for row in rows]
