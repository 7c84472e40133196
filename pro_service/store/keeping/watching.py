"""What says how the service fares."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.store.connection import Connection
from pro_service.store.ids import new_id
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("keeping/watching")
A_DAY: Final = timedelta(days=1)


class Figures(NamedTuple):
    """How the service fares at an instant. Nothing in it is about one person.

    Seconds are None where there is nothing to be old. Nudges are counted by study time, all else
    by the machine's clock.
    """

    nudges_due: int
    nudges_late: int
    """Due for more than five minutes."""
    nudge_seconds: float | None
    """How long the oldest has been due."""
    texts_of_unknown_fate: int
    """Ambiguous or unconfirmed, and nobody has dealt with them."""
    texts_to_read: int
    pushes_waiting: int
    push_seconds: float | None
    """How long the oldest push of a provider waits to be worked off."""
    sittings_of_day: int
    """Sent in within a day."""
    unsealed_seconds: float | None
    backup_seconds: float | None
    """Since the snapshot of the newest backup of all studies; None: none was ever noted."""
    archive_seconds: float | None
    """Since the server last archived a piece of its log; None: it archives none."""
    alerts_unseen: int
    held: bool
    """Whether sending is held."""
    at: datetime
    texts: dict[str, int]
    """Those claimed within a day, by state."""


class Server(NamedTuple):
    """The server: its version as a number, bytes of the database, its clock."""

    version: int
    size: int
    at: datetime


async def get_figures(connection: Connection) -> Figures:
    """How the service fares now."""
    row = await connection.fetchrow(_SQL["get_figures"], _a_day_before(new_id()))
    if row is None:
        raise AssertionError("a statement of aggregates gives one row")
    return row_of(Figures, row, texts=row["texts"] or {})


async def get_server(connection: Connection) -> Server:
    """Which server this is."""
    row = await connection.fetchrow(_SQL["get_server"])
    if row is None:
        raise AssertionError("a statement without FROM gives one row")
    return row_of(Server, row)


def _a_day_before(an_id: UUID) -> UUID:
    """The least id that could have been made a day before `an_id` was."""
    then = datetime.fromtimestamp((an_id.int >> 80) / 1000, UTC) - A_DAY
    return UUID(int=int(then.timestamp() * 1000) << 80)
