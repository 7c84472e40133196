"""What PostgreSQL says of its own types is asked once a process and not by each connection."""

from __future__ import annotations

from typing import Any, Final

import asyncpg
import pytest

from pro_service.store import own_types
from pro_service.store.pools import connect

ARRAYS: Final = """
SELECT $1::int8[] AS counts, ARRAY['a', NULL]::text[] AS words,
       ARRAY[uuid '00000000-0000-0000-0000-000000000007'] AS ids,
       ARRAY['{"a": 1}'::jsonb] AS documents
"""


async def asked_for(
    connection: asyncpg.Connection, sql: str, *given: Any
) -> tuple[tuple[Any, ...], int]:
    """A row, and how often types were asked about for it."""
    asked: list[str] = []
    with connection.query_logger(lambda one: asked.append(one.query)):
        row = await connection.fetchrow(sql, *given)
        await connection.execute("SELECT 1")
    assert row is not None
    return tuple(row), sum("typeinfo_tree" in one for one in asked)


async def test_a_second_connection_asks_of_no_types_but_the_databases_own(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_types, "_known", {})
    told = []
    for _ in range(2):
        connection = await connect(database_url, role=None, actor="test:types")
        try:
            await connection.execute("CREATE TYPE pg_temp.seat AS (code text, at int4[])")
            of_arrays = await asked_for(connection, ARRAYS, [1, None])
            of_own = await asked_for(connection, "SELECT ROW('K-001', '{4}')::pg_temp.seat")
            told.append((of_arrays, of_own))
        finally:
            await connection.close()
    (arrays, asked), (own, asked_of_own) = told[0]
    assert arrays[:2] == ([1, None], ["a", None])
    assert (str(arrays[2][0])[-1], arrays[3]) == ("7", [{"a": 1}])
    assert tuple(own[0]) == ("K-001", [4])
    assert (asked, asked_of_own) == (1, 1)
    assert told[1] == ((arrays, 0), (own, 1))
    assert all(oid < own_types.OWN_BELOW for oid in own_types._known)
