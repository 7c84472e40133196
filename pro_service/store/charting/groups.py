"""Scores of groups, set by set, as far as they are seen from a seat."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Final
from uuid import UUID

from pro_service.domain.endpoints.groups import SittingScore
from pro_service.store.connection import Connection
from pro_service.store.rows import rows_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("charting/groups")


async def list_group_scores(
    connection: Connection, study_id: UUID, scale: tuple[str, str], as_of: datetime
) -> list[SittingScore]:
    """One scale, (instrument, scale), of every sitting there was at `as_of` (study time)."""
    rows = await connection.fetch(_SQL["list_group_scores"], study_id, *scale, as_of)
    return rows_of(SittingScore, rows, raw=_exact, normalised=_exact)


def _exact(found: Decimal | None) -> Fraction | None:
    return None if found is None else Fraction(found)
