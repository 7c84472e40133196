"""What a participant's own trend is drawn from."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple, cast
from uuid import UUID

from pro_service.domain.endpoints.plan import Shown
from pro_service.domain.study.facts import Target
from pro_service.store.connection import Connection
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("pages/trend")


class OwnScore(NamedTuple):
    """One scale of something a participant sent in."""

    instrument: str
    target: Target
    scale: str
    submitted_at: datetime
    raw: Decimal
    normalised: Decimal | None


async def get_trend_shown(connection: Connection, study_id: UUID) -> Shown | None:
    """From when participants see their own trend; None: never."""
    return cast("Shown | None", await connection.fetchval(_SQL["get_trend_shown"], study_id))


async def list_own_scores(
    connection: Connection, study_id: UUID, participant_id: UUID
) -> list[OwnScore]:
    """Every scale of what a participant sent in, in the order of sending."""
    rows = await connection.fetch(_SQL["list_own_scores"], study_id, participant_id)
    return [row_of(OwnScore, row) for row in rows]
