"""Names a provider says instead of an address of ours: whose a text is that came by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from pro_service.store.connection import Connection, write
from pro_service.store.ids import new_id
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries
from pro_service.store.texting.messages import OwnedSender

_SQL: Final = load_queries("texting/aliases")


async def find_sender_by_route(
    connection: Connection, provider: str, routes: Sequence[str]
) -> OwnedSender | None:
    """Whose a text is that came by these names, the most exact first; None: nobody can tell."""
    row = await connection.fetchrow(_SQL["find_sender_by_route"], provider, list(routes))
    return None if row is None else row_of(OwnedSender, row)


async def insert_sender_alias(
    connection: Connection, study_id: UUID, provider: str, alias: str, address: str, actor: str
) -> bool:
    """Let a sender go by a name of its provider's; False where it is none of ours there.

    Raises DuplicateError for a name that is somebody's already.
    """
    parameters = (study_id, new_id(), provider, alias, address, actor)
    return await write(connection, _SQL["insert_sender_alias"], *parameters) is not None
