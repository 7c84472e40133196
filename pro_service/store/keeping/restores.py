"""The database a backup is restored into, before anything is put there."""

from __future__ import annotations

from typing import Final

from pro_service.store.connection import Connection
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("keeping/restores")


async def list_strange_objects(connection: Connection) -> list[str]:
    """The first few things that stand in a database that is to be empty."""
    return [row["name"] for row in await connection.fetch(_SQL["list_strange_objects"])]


async def begin_audit_generation(connection: Connection, why: str) -> int:
    """Begin a new generation of seals, before anything is written; its number."""
    generation: int = await connection.fetchval(_SQL["begin_audit_generation"], why)
    return generation


async def get_server_major(connection: Connection) -> int:
    """The server's major version."""
    major: int = await connection.fetchval(_SQL["get_server_major"])
    return major
