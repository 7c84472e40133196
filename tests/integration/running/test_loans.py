"""A connection is given on as it is: with its plans, and without what a loan said of itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final
from uuid import uuid4

import asyncpg
import pytest

from pro_service.store.api import listed
from pro_service.store.connection import Looking
from pro_service.store.desk.desk import enter_desk
from pro_service.store.lending import BoundedPool
from pro_service.store.pools import ROLES, open_pools

SITE, STUDY = uuid4(), uuid4()
WHO: Final = Looking.of("staff:anna", [(SITE, "coordinator")])
STATE: Final = (
    "SELECT pg_backend_pid() AS pid, s.settings, (SELECT count(*) FROM pg_cursors) AS cursors,"
    " (SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory')"
    " AS locks, (SELECT count(*) FROM pg_listening_channels()) AS listens"
    " FROM (SELECT jsonb_object_agg(n, coalesce(current_setting(n, true), '')) AS settings"
    " FROM unnest($1::text[]) AS n) AS s"
)
SETTINGS: Final = (
    *("pro.actor", "pro.site_ids", "pro.site_roles", "pro.reason", "search_path", "role"),
    *("statement_timeout", "TimeZone", "plan_cache_mode", "enable_seqscan", "synchronous_commit"),
)

SAID: Final = "SELECT count(*) FROM unnest($1::int[]) AS n WHERE n > 1"
PLANS: Final = "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE statement = $1"


async def read_page(pool: BoundedPool) -> None:
    await listed.list_alerts_after(pool, WHO, STUDY, None, 10)


async def cancelled(pool: BoundedPool) -> None:
    seated = pool.fetch("SELECT pro.seated($1, $2, $3, $4), pg_sleep(9)", *WHO, STUDY)
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(seated, 0.1)


async def cancelled_inside(pool: BoundedPool) -> None:
    async def work() -> None:
        async with pool.acquire() as connection, connection.transaction():
            await enter_desk(connection, WHO, "why")
            await connection.execute("SELECT pg_sleep(9)")

    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(work(), 0.1)


async def failed(pool: BoundedPool) -> None:
    async def work() -> None:
        async with pool.acquire() as connection, connection.transaction():
            await enter_desk(connection, WHO, "why")
            await connection.execute("SELECT 1 / 0")

    with pytest.raises(asyncpg.DivisionByZeroError):
        await work()


async def said_outside(pool: BoundedPool) -> None:
    async with pool.acquire() as connection:
        await enter_desk(connection, WHO, "why")
        assert await connection.fetchval("SELECT current_setting('pro.actor')") != WHO.actor


async def left_open(pool: BoundedPool) -> None:
    async with pool.acquire() as connection:
        await connection.transaction().start()
        await enter_desk(connection, WHO, "why")
        await (await connection.cursor("SELECT generate_series(1, 9999)")).fetch(3)


WAYS: Final[tuple[Callable[[BoundedPool], Awaitable[None]], ...]] = (
    *(read_page, cancelled, cancelled_inside, failed, said_outside, left_open),
)


async def test_nothing_of_a_loan_is_left_for_the_next(database_url: str) -> None:
    pools = await open_pools(database_url, roles=["desk"], sizes={"desk": 1})
    try:
        first = await pools.desk.fetchrow(STATE, SETTINGS)
        for way in WAYS:
            await way(pools.desk)
            assert await pools.desk.fetchrow(STATE, SETTINGS) == first, way.__name__
    finally:
        await pools.close(patience=1)


async def test_what_a_pool_says_is_planned_once_for_any_values(database_url: str) -> None:
    pools = await open_pools(database_url, sizes=dict.fromkeys(ROLES, 1))
    try:
        for role in ROLES:
            pool: BoundedPool = getattr(pools, role)
            for number in range(3):
                await pool.fetchval(SAID, [number])
            assert tuple(await pool.fetchrow(PLANS, SAID)) == (3, 0), role
    finally:
        await pools.close(patience=1)
