"""What verifying stands on: entries within reach of a seal, lists of columns, our own functions."""

from __future__ import annotations

from typing import Final, NamedTuple
from uuid import UUID

from pro_service.store.connection import Connection
from pro_service.store.record.seals import EntryFault
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("record/proof")


class ListFault(NamedTuple):
    """An audited table no list speaks of, or the column of one that its newest list leaves out."""

    table_name: str
    column_name: str | None


class AnswerFault(NamedTuple):
    """An item of a sitting whose answer is not what the responses say: replaced, none."""

    sitting_id: UUID
    item: str
    fault: str


async def list_unsealable(connection: Connection, most: int) -> list[EntryFault]:
    """Entries that no seal covers and none will, `most` at most: unreached, never_had."""
    rows = await connection.fetch(_SQL["list_unsealable"], most)
    return [row_of(EntryFault, row) for row in rows]


async def list_list_faults(connection: Connection) -> list[ListFault]:
    """What of the audited tables no digest is over."""
    return [row_of(ListFault, row) for row in await connection.fetch(_SQL["list_list_faults"])]


async def list_functions(connection: Connection, names: list[str]) -> dict[str, str]:
    """The bodies of those of these functions that are there, by name."""
    rows = await connection.fetch(_SQL["list_functions"], names)
    return {row["name"]: row["body"] for row in rows}


async def list_answer_faults(connection: Connection, most: int) -> list[AnswerFault]:
    """Sittings whose pointers were moved, `most` at most."""
    rows = await connection.fetch(_SQL["list_answer_faults"], most)
    return [row_of(AnswerFault, row) for row in rows]
