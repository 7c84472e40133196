"""Scores of groups, set by set, as far as they are seen from a seat."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import Final
from uuid import UUID

from pro_service.domain.endpoints.groups import SittingScore
from pro_service.store.connection import Connection
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("desk/groups")


async def list_group_scores(
    connection: Connection, study_id: UUID, scale: tuple[str, str], as_of: datetime
) -> list[SittingScore]:
    """One scale, (instrument, scale), of every sitting there was at `as_of` (study time)."""
    rows = await connection.fetch(_SQL["list_group_scores"], study_id, *scale, as_of)
    return [
        row_of(
            SittingScore,
            row,
            raw=None if row["raw"] is None else Fraction(row["raw"]),
            normalised=None if row["normalised"] is None else Fraction(row["normalised"]),
        )
        for row in rows
    ]
