"""What a backup says of the database it was made from, read in one snapshot as the owner."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from pro_service.store.connection import Connection
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("keeping/backups")


class Origin(NamedTuple):
    """Where a backup comes from: its instant by both clocks, what the database is, its schema."""

    made_at: datetime
    study_at: datetime
    kind: str
    server_major: int
    migrations: tuple[str, ...]
    audit_head: str | None


class TableName(NamedTuple):
    """A table of ours."""

    schema_name: str
    table_name: str


class TableDigest(NamedTuple):
    """How many rows a table holds, and a digest of them whatever their order."""

    row_count: int
    digest: str


async def export_snapshot(connection: Connection) -> str:
    """The name by which another connection reads what this transaction reads."""
    name: str = await connection.fetchval(_SQL["export_snapshot"])
    return name


async def get_origin(connection: Connection) -> Origin:
    """What the database is, now."""
    row = await connection.fetchrow(_SQL["get_origin"])
    if row is None:
        raise AssertionError("a statement without FROM gives one row")
    return row_of(Origin, row, migrations=tuple(row["migrations"]))


async def list_schemas(connection: Connection) -> list[str]:
    """The schemas that are ours."""
    return [row["name"] for row in await connection.fetch(_SQL["list_schemas"])]


async def list_tables(connection: Connection) -> list[TableName]:
    """The tables that hold rows."""
    return [row_of(TableName, row) for row in await connection.fetch(_SQL["list_tables"])]


async def digest_table(connection: Connection, table: TableName) -> TableDigest:
    """The rows of a table, counted and hashed."""
    row = await connection.fetchrow(_SQL["digest_table"], *table)
    if row is None:
        raise AssertionError("an aggregate gives one row")
    return row_of(TableDigest, row)


async def list_hidden_tables(connection: Connection) -> list[str]:
    """Tables of which the owner might not see every row; none, or a backup would lack them."""
    return [row["name"] for row in await connection.fetch(_SQL["list_hidden_tables"])]
