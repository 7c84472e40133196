"""Who is to be looked at for calls, and when to look again (study time)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.store.connection import Connection
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("calling/looks")
BATCH: Final = 100
"""Participants of a batch; the query says it, too."""


class CallLookRow(NamedTuple):
    """A participant to look at, and one of their visits that may want a call, if there is any."""

    study_id: UUID
    participant_id: UUID
    revision: int
    protocol_version_id: UUID
    zone: str
    country: str
    now: datetime
    asked: list[int]
    """What asked for this look outside the participant's turn."""
    next_opens_at: datetime | None
    """When the next of their visits opens (study time); those below have opened."""
    definition: str | None
    opens_at: datetime | None
    closes_at: datetime | None
    sent: int | None


class CallLook(NamedTuple):
    """What came of a look: the revision that was seen, and when to look again (None: in a day)."""

    study_id: UUID
    participant_id: UUID
    revision: int
    look_at: datetime | None


async def list_call_looks(connection: Connection) -> list[CallLookRow]:
    """A batch of those due for a look, each with the visits that may want a call."""
    rows = await connection.fetch(_SQL["list_call_looks"])
    return [row_of(CallLookRow, row) for row in rows]


async def record_call_looks(
    connection: Connection, looks: Sequence[CallLook], asked: Sequence[int]
) -> int:
    """Note when to look again at those of whom nothing was written since; at how many that was."""
    noted: int = await connection.fetchval(
        _SQL["record_call_looks"],
        [one.study_id for one in looks],
        [one.participant_id for one in looks],
        [one.revision for one in looks],
        [one.look_at for one in looks],
        list(asked),
    )
    return noted
