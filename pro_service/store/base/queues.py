"""Places in queues of tries, taken and given back; for all servers together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pro_service.store.connection import Connection
from pro_service.store.queues import Place, Queue, columns_of
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("base/queues")


async def take_places(connection: Connection, queues: Sequence[Queue]) -> Place:
    """A place in all of the queues at once, or in none."""
    row = await connection.fetchrow(_SQL["take_places"], *columns_of(queues))
    return row_of(Place, row)


async def give_places_back(connection: Connection, queues: Sequence[Queue]) -> None:
    """A try that was right was none: others wait the less."""
    whats, whos, paces, *_ = columns_of(queues)
    await connection.execute(_SQL["give_places_back"], whats, whos, paces)
