"""The end of a safety follow-up, on an investigator's word."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from pro_service.store.connection import Connection, Guard, write
from pro_service.store.sql_files import load_queries
from pro_service.store.writes import SafetyEndRow

_SQL: Final = load_queries("calling/floor")


@dataclass
class SafetyEndWrite:
    """An end, and the visits whose open calls leave the list with it."""

    ends: list[SafetyEndRow] = field(default_factory=list)
    """One at most."""
    calls_ended: list[UUID] = field(default_factory=list)


async def end_safety(connection: Connection, guard: Guard, document: SafetyEndWrite) -> None:
    """Keep the end. Raises StaleRevisionError."""
    await write(connection, _SQL["end_safety"], *guard, document)


async def is_investigator(
    connection: Connection, study_id: UUID, site_id: UUID, login: str
) -> bool:
    """Whether somebody under this name is an investigator at the site, or in the whole study."""
    found = await connection.fetchval(_SQL["is_investigator"], study_id, site_id, login)
    return bool(found)
