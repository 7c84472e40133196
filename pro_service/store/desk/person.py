"""What staff write about one participant beside what the commands write: runs as the clerk."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from pro_service.store.connection import Connection, Guard, write
from pro_service.store.ids import new_id
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("desk/person")


async def keep_form_key(connection: Connection, guard: Guard, key: str) -> None:
    """Keep a form's key with what it writes. Raises DuplicateError for a form stored before."""
    await write(connection, _SQL["keep_form_key"], guard.study_id, guard.participant_id, key)


async def find_form_said(connection: Connection, study_id: UUID, key: str) -> str | None:
    """What was kept beside a form's key once it was done; None: nothing."""
    found: str | None = await connection.fetchval(_SQL["find_form_said"], study_id, key)
    return found


async def insert_remark(connection: Connection, guard: Guard, said: str, actor: str) -> None:
    """Keep that a note (`said` refers to it) stands for itself. Raises StaleRevisionError."""
    await write(connection, _SQL["insert_remark"], *guard, new_id(), said, actor)
