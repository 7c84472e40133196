"""Every wait on the database has an end, whatever becomes of it (M5, M6)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from time import monotonic
from typing import Any, Final

import aiohttp
import asyncpg
import pytest

from pro_service.services.base.key_check import KeysDoNotFitError
from pro_service.store.bounds import Bounds
from pro_service.store.connection import transaction
from pro_service.store.pools import DatabaseUnreachableError, Pools, connect, open_pools
from pro_service.web.readiness import ANSWERS_WITHIN
from tests.support.proxy import DatabaseProxy, proxy_to
from tests.support.seed import make_context
from tests.support.waiting import PATIENCE_SECONDS, until
from tests.support.web import browsing, serving

SHORT: Final = Bounds(connecting=2.0, lending=3.0, statement=1.0)
LATE: Final = PATIENCE_SECONDS
"""Seconds after which an answer counts as none, however busy the machine is."""
LOOKS_FOR: Final = 60.0
"""Seconds a look at the database may take that has no bound of its own."""


@pytest.fixture
async def proxy(database_url: str) -> AsyncIterator[DatabaseProxy]:
    """The way to this test's database."""
    async with proxy_to(database_url) as opened:
        yield opened


@pytest.fixture
async def far(proxy: DatabaseProxy) -> AsyncIterator[Pools]:
    """Pools with short bounds whose database is behind the proxy."""
    async with await open_pools(proxy.url, bounds=SHORT) as opened:
        yield opened


async def unreachable(work: Awaitable[Any]) -> float:
    """Seconds until `work` said that the database cannot be reached."""
    began = monotonic()
    with pytest.raises(DatabaseUnreachableError):
        await asyncio.wait_for(work, LATE)
    return monotonic() - began


async def pid(pool: asyncpg.Pool[asyncpg.Record]) -> int:
    """The server's process behind the connection the pool lends next."""
    found: int = await pool.fetchval("SELECT pg_backend_pid()")
    return found


async def test_a_statement_on_a_silent_connection_ends_and_the_next_ones_find_the_database(
    proxy: DatabaseProxy, far: Pools
) -> None:
    """M6: every connection fell silent, of every pool; one statement has to find out, no more."""
    both = await asyncio.gather(*(far.participant.acquire() for _ in range(3)))
    for one in both:
        await far.participant.release(one)
    await far.worker.fetchval("SELECT 1")
    proxy.fall_silent()
    assert await unreachable(far.participant.fetchval("SELECT 1")) < LATE
    proxy.come_back()
    began = monotonic()
    for pool in (far.participant, far.worker, far.participant):
        assert await pool.fetchval("SELECT 1") == 1
    assert monotonic() - began < LATE


async def test_a_transaction_that_falls_silent_ends_and_its_rows_are_free_again(
    proxy: DatabaseProxy, far: Pools, database_url: str
) -> None:
    """Its rollback never arrives: the server ends what stands idle, and lets go of the locks."""
    owner = await connect(database_url, role="pro_owner", actor="test:owner")
    await owner.execute("CREATE TABLE pro.locked (id int); INSERT INTO pro.locked VALUES (1)")
    await owner.execute("GRANT SELECT, UPDATE ON pro.locked TO pro_worker")

    async def hold() -> None:
        async with transaction(far.worker) as held:
            await held.execute("UPDATE pro.locked SET id = 2")
            proxy.fall_silent()
            await held.execute("UPDATE pro.locked SET id = 3")

    await unreachable(hold())
    proxy.come_back()
    await asyncio.wait_for(owner.execute("UPDATE pro.locked SET id = 4"), LATE)
    assert await far.worker.fetchval("SELECT id FROM pro.locked") == 4
    await owner.close()


async def test_a_task_that_is_cancelled_on_a_silent_connection_gives_its_place_back(
    proxy: DatabaseProxy, far: Pools
) -> None:
    """M6: asyncpg would wait for ever for the server to confirm the cancellation."""

    async def sleep() -> None:
        async with transaction(far.clerk) as lent:
            await lent.fetchval("SELECT pg_sleep(60)")

    asleep = [asyncio.create_task(sleep()) for _ in range(2)]
    await asyncio.sleep(0.1)
    proxy.fall_silent()
    for task in asleep:
        task.cancel()
    await asyncio.wait(asleep, timeout=LATE)
    assert all(task.done() for task in asleep)
    proxy.come_back()
    assert await asyncio.wait_for(far.clerk.fetchval("SELECT 1"), LATE) == 1


async def test_the_server_ends_a_slow_statement_first_and_its_connection_stays(far: Pools) -> None:
    async with far.participant.acquire() as lent:
        before = await lent.fetchval("SELECT pg_backend_pid()")
        with pytest.raises(asyncpg.QueryCanceledError):
            await lent.fetchval("SELECT pg_sleep(30)")
        assert await lent.fetchval("SELECT pg_backend_pid()") == before
    await unreachable(far.participant.fetchval("SELECT pg_sleep(30)"))
    assert await pid(far.participant) == before


async def test_a_pool_that_has_nothing_left_to_lend_says_so(far: Pools) -> None:
    async with far.clerk.acquire(), far.clerk.acquire():
        await unreachable(far.clerk.fetchval("SELECT 1"))
    assert await far.clerk.fetchval("SELECT 1") == 1


async def test_a_database_that_accepts_and_says_nothing_is_not_waited_for(
    proxy: DatabaseProxy, far: Pools
) -> None:
    proxy.fall_silent()
    await unreachable(far.desk.fetchval("SELECT 1"))
    await unreachable(connect(proxy.url, role=None, actor="test", bounds=SHORT))


async def test_what_was_done_stands_though_giving_the_connection_back_fails(
    proxy: DatabaseProxy, far: Pools
) -> None:
    """What was left open is rolled back when it comes back: that may break, the loan does not."""
    async with far.desk.acquire() as lent:
        assert await lent.fetchval("SELECT 1") == 1
        await lent.transaction().start()
        proxy.fall_silent()
    proxy.come_back()
    assert await far.desk.fetchval("SELECT 1") == 1


@pytest.mark.parametrize("how", ["reset", "refuse", "terminate", "silent"])
async def test_whatever_breaks_is_one_error_of_ours(
    proxy: DatabaseProxy, far: Pools, database_url: str, how: str
) -> None:
    """M5: under a statement, between two of them, in a transaction, while a connection is made."""

    going = asyncio.Event()

    async def under() -> None:
        await far.participant.fetchval("SELECT pg_sleep(0.5)")
        raise DatabaseUnreachableError

    async def between() -> None:
        async with transaction(far.provider) as lent:
            while True:
                await lent.fetchval("SELECT 1")
                going.set()
                await asyncio.sleep(0.01)

    async def made() -> None:
        while True:
            await far.worker.expire_connections()
            await far.worker.fetchval("SELECT 1")

    works = [asyncio.create_task(unreachable(work())) for work in (under, between, made)]
    await asyncio.wait_for(going.wait(), LATE)
    if how == "reset":
        await proxy.break_all()
    elif how == "refuse":
        await proxy.refuse()
    elif how == "silent":
        proxy.fall_silent()
    else:
        superuser = await asyncpg.connect(database_url)
        await superuser.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        works.pop().cancel()  # Connections may be made anew at once: nothing broke for it.
        await superuser.close()
    if how == "reset":
        works.pop().cancel()
    for work in works:
        assert await work < LATE


@pytest.mark.parametrize("path", [f"/q/{'a' * 26}", "/desk", f"/c/{'a' * 26}"])
async def test_a_request_on_a_dead_connection_is_answered(
    proxy: DatabaseProxy, far: Pools, path: str
) -> None:
    """M6: it hung for ever. Every audience is answered 503 and told when to try again."""
    async with serving(far, make_context()) as server, browsing(server) as browser:
        await far.participant.fetchval("SELECT 1")
        await far.desk.fetchval("SELECT 1")
        proxy.fall_silent()
        async with asyncio.timeout(LATE):
            async with browser.get(path, headers={"Cookie": f"desk={'a' * 43}"}) as response:
                assert response.status == 503, await response.text()
                assert int(response.headers["Retry-After"]) > 0


async def test_readyz_is_answered_within_two_seconds_whatever_the_database_does(
    proxy: DatabaseProxy, far: Pools
) -> None:
    """M6: silent, refusing, busy; asked by many at once it takes one connection."""

    async def look() -> None:
        async with far.participant.acquire(timeout=LOOKS_FOR) as lent:
            await lent.execute("SELECT 1")

    async def ask(browser: aiohttp.ClientSession) -> tuple[int, float]:
        began = monotonic()
        async with browser.get("/readyz") as response:
            await response.read()
            if response.status == 503:
                assert int(response.headers["Retry-After"]) > 0
            return response.status, monotonic() - began

    async with serving(far, make_context(), ready=look) as server, browsing(server) as browser:
        assert (await ask(browser))[0] == 200
        proxy.fall_silent()
        answers = await asyncio.gather(*(ask(browser) for _ in range(20)))
        assert {status for status, _ in answers} == {503}
        assert ANSWERS_WITHIN < 2
        # Given up before what it asks gives up by itself.
        assert max(seconds for _, seconds in answers) < LOOKS_FOR
        assert far.participant.get_size() <= 1
        await proxy.refuse()
        assert (await ask(browser))[0] == 503
        proxy.come_back()
        await proxy.open()

        async def is_ready() -> bool:
            return (await ask(browser))[0] == 200

        await until(is_ready)


async def test_readyz_says_in_one_line_which_keys_do_not_fit(far: Pools) -> None:
    """M8: it was ready, and the pages answered 500."""

    async def look() -> None:
        raise KeysDoNotFitError("PRO_INDEX_KEYS lacks the key 'i1'.", mend="Put it back.")

    async with (
        serving(far, make_context(), ready=look) as server,
        browsing(server) as browser,
        browser.get("/readyz") as response,
    ):
        assert response.status == 503
        told = await response.json(content_type=None)
    assert told["detail"] == "PRO_INDEX_KEYS lacks the key 'i1'."
