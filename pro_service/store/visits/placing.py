"""At which site a participant is."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from pro_service.store.connection import Connection, Guard, write
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("visits/placing")


async def move_to_site(
    connection: Connection, guard: Guard, placing_id: UUID, site_id: UUID, actor: str
) -> None:
    """Move a participant to another site from now on. Raises StaleRevisionError."""
    await write(connection, _SQL["move_to_site"], *guard, placing_id, site_id, actor)
