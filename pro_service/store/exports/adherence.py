"""What adherence is counted from."""

from __future__ import annotations

from decimal import Decimal
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.store.connection import Connection
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("exports/adherence")


class ScoreSummary(NamedTuple):
    """The standing complete scores of one scale at one visit; means over the scored ones."""

    definition: str
    instrument: str
    scale: str
    scored: int
    mean: Decimal | None
    mean_0_100: Decimal | None


async def list_scorable(connection: Connection, study_id: UUID) -> frozenset[UUID]:
    """Submitted assessments all of whose scores exist."""
    rows = await connection.fetch(_SQL["list_scorable"], study_id)
    return frozenset(row["id"] for row in rows)


async def summarise_scores(connection: Connection, study_id: UUID) -> list[ScoreSummary]:
    """Scores by visit, instrument and scale."""
    rows = await connection.fetch(_SQL["summarise_scores"], study_id)
    return [row_of(ScoreSummary, row) for row in rows]
