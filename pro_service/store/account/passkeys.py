"""Passkeys as they are kept: public keys, how far each has counted, and challenges used up."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.store.connection import Connection
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("account/passkeys")


class PasskeyRow(NamedTuple):
    """A passkey in force. Instants are machine time."""

    id: UUID
    credential_id: bytes
    public_key: bytes
    name: str
    recorded_at: datetime
    sign_count: int
    used_at: datetime | None


class NewPasskey(NamedTuple):
    """A passkey that was made, with the hash of the challenge it was made with."""

    id: UUID
    credential_id: bytes
    public_key: bytes
    sign_count: int
    name: str
    challenge_sha256: bytes


async def list_passkeys(connection: Connection, person_id: UUID) -> list[PasskeyRow]:
    """The passkeys in force of a person who has a second factor."""
    rows = await connection.fetch(_SQL["list_passkeys"], person_id)
    return [row_of(PasskeyRow, row) for row in rows]


async def add_passkey(connection: Connection, session_sha256: bytes, made: NewPasskey) -> bool:
    """Keep a passkey of whoever is in; False where they may not have one, or it is known."""
    added: bool = await connection.fetchval(_SQL["add_passkey"], session_sha256, *made)
    return added


async def use_passkey(
    connection: Connection, session_sha256: bytes, passkey_id: UUID, used: tuple[bytes, int]
) -> bool:
    """Use a challenge (its hash) up, with what the key has counted; False: it does not count."""
    counted: bool = await connection.fetchval(
        _SQL["use_passkey"], session_sha256, passkey_id, *used
    )
    return counted


async def end_passkey(connection: Connection, session_sha256: bytes, passkey_id: UUID) -> bool:
    """Let a passkey of whoever is in open nothing any more; False: they have no such key."""
    ended: bool = await connection.fetchval(_SQL["end_passkey"], session_sha256, passkey_id)
    return ended
