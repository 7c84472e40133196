"""Which keys the stored values name, and one value of each to try them on."""

from __future__ import annotations

from typing import Final, NamedTuple
from uuid import UUID

from pro_service.store.connection import Connection
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("base/key_check")


class WrappedSample(NamedTuple):
    """A data key that a vault key wrapped."""

    key_id: str
    id: UUID
    wrapped: bytes


class IndexSample(NamedTuple):
    """A number that was stored under an index key, with the data key that opens it."""

    key_id: str
    id: UUID
    address_sealed: bytes
    address_key: str
    blind_index: bytes
    data_key_id: UUID
    wrapped: bytes
    wrapping_key: str


class LinkSample(NamedTuple):
    """A link or card whose token a link key made."""

    key_id: str
    id: UUID
    token_sha256: bytes


async def list_wrapping_keys(connection: Connection) -> list[WrappedSample]:
    """The keys that wrap data keys."""
    rows = await connection.fetch(_SQL["list_wrapping_keys"])
    return [row_of(WrappedSample, row) for row in rows]


async def list_index_keys(connection: Connection) -> list[IndexSample]:
    """The keys that numbers are found by."""
    rows = await connection.fetch(_SQL["list_index_keys"])
    return [row_of(IndexSample, row) for row in rows]


async def list_link_keys(connection: Connection) -> list[LinkSample]:
    """The keys that tokens are made with."""
    rows = await connection.fetch(_SQL["list_link_keys"])
    return [row_of(LinkSample, row) for row in rows]
