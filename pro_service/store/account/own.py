"""Somebody's own sessions and password, and that they proved anew who they are. Machine time."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.store.connection import Connection
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("account/own")


class OwnSession(NamedTuple):
    """An open session as its owner sees it, and how long ago it began and was used."""

    mark: str
    """Names it to its owner; it opens nothing."""
    here: bool
    began_ago: timedelta
    seen_ago: timedelta
    address: str | None
    device: str | None
    """What the browser called itself."""
    study: str | None
    """The code of the study it stands in."""


async def list_own_sessions(
    connection: Connection, session_sha256: bytes, *, idle: timedelta, lifetime: timedelta
) -> list[OwnSession]:
    """The open sessions of whoever is in by one of them, that one first."""
    rows = await connection.fetch(_SQL["list_own_sessions"], session_sha256, idle, lifetime)
    return [row_of(OwnSession, row) for row in rows]


async def end_own_sessions(connection: Connection, session_sha256: bytes, mark: str | None) -> int:
    """End a further session of one's own, without a mark all further ones; how many ended."""
    ended: int = await connection.fetchval(_SQL["end_own_sessions"], session_sha256, mark)
    return ended


async def change_own_password(
    connection: Connection, session_sha256: bytes, row_id: UUID, *, new_hash: str, verified: str
) -> bool:
    """Set one's own password; one's other sessions end. False: another is in force by now."""
    changed: bool = await connection.fetchval(
        _SQL["change_own_password"], session_sha256, row_id, new_hash, verified
    )
    return changed


async def prove_session(
    connection: Connection, session_sha256: bytes, verified: str, address: str
) -> bool:
    """Record that whoever is in proved who they are; False: another password is in force."""
    proved: bool = await connection.fetchval(
        _SQL["prove_session"], session_sha256, verified, address
    )
    return proved


async def refuse_proof(connection: Connection, session_sha256: bytes, address: str) -> None:
    """Record that a proof was refused."""
    await connection.execute(_SQL["refuse_proof"], session_sha256, address)


async def forget_tries(connection: Connection, tried_sha256: bytes) -> None:
    """The try was right: those before it under this name are none."""
    await connection.execute(_SQL["forget_tries"], tried_sha256)
