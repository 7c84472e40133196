"""A copy of a database that keeps some of its studies alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.store.connection import Connection, transaction
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("keeping/parting")


class StudyCode(NamedTuple):
    """A study and its code."""

    id: UUID
    code: str


async def list_studies(connection: Connection) -> list[StudyCode]:
    """Every study there is."""
    return [row_of(StudyCode, row) for row in await connection.fetch(_SQL["list_all_studies"])]


async def keep_only_studies(connection: Connection, studies: Sequence[UUID]) -> int:
    """Take out what belongs to other studies, past triggers and keys; a superuser's, of a copy.

    How many people who stay have no second factor any more.
    """
    async with transaction(connection) as held:
        await held.execute(_SQL["forget_refusals"])
        without: int = await held.fetchval(_SQL["keep_only_studies"], list(studies))
    return without
