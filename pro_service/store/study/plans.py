"""A study's analysis plans, and which was in force when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from pro_service.store.connection import Connection, write
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("study/plans")


@dataclass(frozen=True, kw_only=True)
class NewPlan:
    """A version of a plan to store, and the row that puts it in force."""

    id: UUID
    content_sha256: str
    label: str
    source: str
    document: Mapping[str, Any]
    actor: str
    reason: str


class PlanRow(NamedTuple):
    """The plan in force, and since when (study time); `document` is JSON text."""

    id: UUID
    label: str
    content_sha256: str
    source: str
    document: str
    since: datetime


class PlanPeriod(NamedTuple):
    """A time from which a plan was in force, by whom and why; `document` is JSON text."""

    label: str
    content_sha256: str
    document: str
    since: datetime
    actor: str
    reason: str


async def find_plan(connection: Connection, study_id: UUID, content_sha256: str) -> UUID | None:
    """The stored plan with this content."""
    found: UUID | None = await connection.fetchval(_SQL["find_plan"], study_id, content_sha256)
    return found


async def insert_plan(connection: Connection, study_id: UUID, plan: NewPlan) -> None:
    """Store a plan. Raises DuplicateError for content that is stored already."""
    await write(
        connection,
        _SQL["insert_plan"],
        study_id,
        plan.id,
        plan.content_sha256,
        plan.label,
        plan.source,
        dict(plan.document),
        plan.actor,
        plan.reason,
    )


async def put_plan_in_force(
    connection: Connection, study_id: UUID, row_id: UUID, plan_id: UUID, *, actor: str, reason: str
) -> None:
    """Analyse the study by this plan from now on."""
    await write(connection, _SQL["put_plan_in_force"], study_id, row_id, plan_id, actor, reason)


async def get_plan_in_force(
    connection: Connection, study_id: UUID, as_of: datetime
) -> PlanRow | None:
    """The plan the study was analysed by at `as_of`; None: none was loaded."""
    row = await connection.fetchrow(_SQL["get_plan_in_force"], study_id, as_of)
    return None if row is None else row_of(PlanRow, row)


async def list_plans(connection: Connection, study_id: UUID) -> list[PlanPeriod]:
    """Every time a plan came into force, the latest last."""
    rows = await connection.fetch(_SQL["list_plans"], study_id)
    return [row_of(PlanPeriod, row) for row in rows]
