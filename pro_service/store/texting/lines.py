"""Lines held back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from pro_service.store.connection import Connection, Guard, write
from pro_service.store.sql_files import load_queries
from pro_service.store.writes import LineCallRow, LineRow, OptOutRow

_SQL: Final = load_queries("texting/lines")


@dataclass
class OptOutWrite:
    """Lines that want no texts any more, and the calls about another way."""

    lines: list[LineRow] = field(default_factory=list)
    opt_outs: list[OptOutRow] = field(default_factory=list)
    affected: list[UUID] = field(default_factory=list)
    """Who else uses the number: they take a turn, so that no claim overtakes this."""
    calls: list[LineCallRow] = field(default_factory=list)


async def opt_out_line(connection: Connection, guard: Guard, document: OptOutWrite) -> None:
    """Hold back every text on lines. Raises StaleRevisionError, DuplicateError."""
    await write(connection, _SQL["opt_out_line"], *guard, document)
