"""A database that is lent again is as it was: its schema, its connections and what they hold."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import asyncpg
import pytest

from tests.support.databases import name_in
from tests.support.databases.lending import Stock, connection_on, pools_on

CHANGES = (
    "CREATE SCHEMA beside",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA pro GRANT SELECT ON TABLES TO PUBLIC",
    "ALTER SEQUENCE pro.{sequence} INCREMENT 7",
    "ALTER DATABASE \"{database}\" SET work_mem = '5MB'",
    "ALTER ROLE pro_desk IN DATABASE \"{database}\" SET work_mem = '5MB'",
    'REVOKE TEMPORARY ON DATABASE "{database}" FROM PUBLIC',
)


async def test_what_was_set_on_a_pools_connection_is_gone_for_the_next_test(
    stock: Stock, template_database: str
) -> None:
    async with stock.lend(template_database) as url, pools_on(url) as pools:
        pid = await pools.worker.fetchval("SELECT pg_backend_pid()")
        await pools.worker.execute("SET pro.actor = 'somebody'; SET pro.site_ids = '1'")
        await pools.worker.execute("SELECT pg_advisory_lock(1, 2)")
        await pools.worker.execute("SET ROLE pro_desk")
    async with stock.lend(template_database) as again, pools_on(again) as pools:
        assert again == url
        async with pools.worker.acquire() as connection:
            assert await connection.fetchval("SELECT pg_backend_pid()") == pid
            row = await connection.fetchrow(
                "SELECT current_user::text, current_setting('pro.actor'),"
                " coalesce(current_setting('pro.site_ids', true), ''), current_setting('TimeZone')"
            )
            assert tuple(row) == ("pro_worker", "service:worker", "", "UTC")
            held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = $1"
            assert await connection.fetchval(held, pid) == 0


@pytest.mark.parametrize("change", CHANGES)
async def test_a_database_whose_rights_or_settings_changed_is_not_lent_again(
    stock: Stock, template_database: str, change: str
) -> None:
    async with stock.lend(template_database) as url:
        superuser = await asyncpg.connect(url)
        sequence = await superuser.fetchval(
            "SELECT sequencename FROM pg_sequences WHERE schemaname = 'pro' LIMIT 1"
        )
        database = await superuser.fetchval("SELECT current_database()")
        await superuser.execute(change.format(sequence=sequence, database=database))
        await superuser.close()
    async with stock.lend(template_database) as another:
        assert another != url


async def test_what_a_test_left_running_and_failed_is_told(
    stock: Stock, template_database: str
) -> None:
    async def fails_when_ended() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            raise ValueError("not closed")

    lent = AsyncExitStack()
    await lent.enter_async_context(stock.lend(template_database))
    left = asyncio.create_task(fails_when_ended())
    await asyncio.sleep(0)
    with pytest.raises(ExceptionGroup, match="left running failed") as told:
        await lent.aclose()
    assert left.done()
    assert told.group_contains(ValueError, match="not closed")


async def test_a_database_goes_though_a_connection_to_it_cannot_be_closed(
    stock: Stock, template_database: str, server_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def busy(*_: object, **__: object) -> None:
        raise asyncpg.InterfaceError("another operation is in progress")

    lent = AsyncExitStack()
    url = await lent.enter_async_context(stock.lend(template_database))
    async with connection_on(url, "pro_owner", "test:owner") as owner:
        await owner.execute("CREATE TABLE pro.beside ()")
    with monkeypatch.context() as patched:
        patched.setattr(asyncpg.Connection, "close", busy)
        await lent.aclose()
    keeper = await asyncpg.connect(server_url)
    there = "SELECT count(*) FROM pg_database WHERE datname = $1"
    assert await keeper.fetchval(there, name_in(url)) == 0
    await keeper.close()
