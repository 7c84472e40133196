"""What is taken out of the service as a file, kept in the record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal, NamedTuple
from uuid import UUID

from pro_service.store.connection import Connection
from pro_service.store.ids import new_id
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("base/data_out")


What = Literal[
    "adherence",
    "adherence figures",
    "alerts",
    "audit",
    "corrections",
    "deviations",
    "export",
    "export file",
    "missing_brought",
    "missing_months",
    "missing_reasons",
    "pairs",
    "participants",
    "read_key",
    "reads",
    "record",
]
"""Which table is taken out, or an export, or the file of one."""


class TakenOut(NamedTuple):
    """A file of study data, as it is about to leave."""

    what: What
    narrowed_by: str
    """What was asked for, as an address or a command says it; empty: everything."""
    row_count: int
    tables: Sequence[str] | None = None
    """Of an export: its tables."""
    as_of: datetime | None = None
    """Of an export: its instant, study time."""
    content_sha256: str | None = None
    """Of an export: the hash of its list of check sums, and so of every byte of it."""
    formats: Sequence[str] | None = None
    """Of an export: its formats."""


async def insert_data_out(connection: Connection, study_id: UUID, taken: TakenOut) -> None:
    """Keep that whoever this connection or transaction is of takes it out; before it leaves."""
    await connection.execute(_SQL["insert_data_out"], study_id, new_id(), *taken)
