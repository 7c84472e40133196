"""Wording packs as stored: which is in force, and a further one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from pro_service.store.connection import Connection, write
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("study/wording")


class PackRow(NamedTuple):
    """A pack in force; `document` is the checked wording."""

    instrument: str
    instrument_version: str
    language: str
    licence: str
    content_sha256: str
    document: Mapping[str, Any]
    recorded_at: datetime


async def insert_wording_pack(
    connection: Connection,
    pack_id: UUID,
    *,
    instrument: str,
    version: str,
    language: str,
    licence: str,
    content_sha256: str,
    document: Mapping[str, Any],
    actor: str,
) -> bool:
    """Put a pack in force; False if its content already is."""
    row = await write(
        connection,
        _SQL["insert_wording_pack"],
        pack_id,
        instrument,
        version,
        language,
        licence,
        content_sha256,
        dict(document),
        actor,
    )
    return row is not None


async def list_wording_packs(connection: Connection) -> list[PackRow]:
    """The packs in force."""
    return [row_of(PackRow, row) for row in await connection.fetch(_SQL["list_wording_packs"])]
