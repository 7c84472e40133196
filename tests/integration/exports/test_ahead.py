"""Pieces fetched ahead: what failed is told by the first that failed, and is not waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import NamedTuple
from uuid import UUID, uuid4

import asyncpg
import pytest

from pro_service.store.pools import connect
from pro_service.store.streams import AT_ONCE, Ahead, Stream, ahead_on

WHOSE = ONE, OTHER = uuid4(), uuid4()
FEW = 100
_ROWS = "SELECT CASE WHEN n < {few} THEN $1::uuid ELSE $2::uuid END AS participant_id, {n} AS n"
_ROWS += f" FROM generate_series(1, {2 * AT_ONCE}) AS n"
WHOLE = _ROWS.format(few=FEW, n="n")
FAILS = _ROWS.format(few=FEW, n=f"10 / ({AT_ONCE} + 5 - n)")
"""In its second piece."""
SLOW = "SELECT CASE WHEN n = 0 THEN $1::uuid ELSE $2::uuid END AS participant_id, n"
SLOW += " FROM generate_series(0, 1) AS n, pg_sleep(30)"


class Row(NamedTuple):
    """A row about a participant."""

    participant_id: UUID
    n: int


async def opened(ahead: Ahead, *statements: str) -> list[Stream[Row]]:
    """Streams that are fetched ahead."""
    async with ahead.alone() as connection:
        streams = [await Stream.open(connection, sql, Row, *WHOSE) for sql in statements]
    for one in streams:
        one.fetch_ahead(ahead)
    return streams


async def with_ahead(url: str, use: Callable[[Ahead], Awaitable[object]]) -> None:
    """Read ahead in a transaction; the connection is free afterwards, however it went."""
    connection = await connect(url, role="pro_worker", actor="test:ahead")
    try:
        async with connection.transaction(), ahead_on(connection) as ahead:
            await use(ahead)
    finally:
        assert await connection.fetchval("SELECT 1") == 1
        await connection.close()


async def test_what_failed_first_is_told_and_not_what_followed_from_it(database_url: str) -> None:
    async def read(ahead: Ahead) -> None:
        fails, whole = await opened(ahead, FAILS, WHOLE)
        assert len(await fails.of(ONE)) == FEW - 1
        # Its second piece fails now, and nobody waits for it.
        assert len(await whole.of(ONE)) == FEW - 1
        await whole.of(OTHER)

    async def ask(ahead: Ahead) -> None:
        (fails,) = await opened(ahead, FAILS)
        await fails.of(ONE)
        await asyncio.sleep(0)
        async with ahead.alone() as free:
            await free.fetchval("SELECT 1")

    for use in (read, ask):
        with pytest.raises(asyncpg.DivisionByZeroError):
            await with_ahead(database_url, use)


async def test_who_gives_up_does_not_wait_for_what_is_under_way(database_url: str) -> None:
    async def give_up(ahead: Ahead) -> None:
        await opened(ahead, SLOW)
        await asyncio.sleep(0.05)
        raise KeyError

    began = monotonic()
    with pytest.raises(KeyError):
        await with_ahead(database_url, give_up)
    assert monotonic() - began < 10
