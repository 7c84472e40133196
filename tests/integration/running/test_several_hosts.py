"""An address of several hosts: whoever does not answer keeps nobody waiting, and is asked last."""

from __future__ import annotations

from time import monotonic
from urllib.parse import urlsplit

import asyncpg
import pytest

from pro_service.services.keeping.programs import connection_of
from pro_service.store import hosts
from pro_service.store.bounds import Bounds, DatabaseUnreachableError
from pro_service.store.pools import connect, open_pools
from tests.support.proxy import proxy_to


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://me:pw@one:1/x", ("postgresql://me:pw@one:1/x",)),
        ("postgresql:///x?host=/run/one&port=1", ("postgresql:///x?host=/run/one&port=1",)),
        (
            "postgresql://me@one:1,[::1]:2/x?sslmode=require",
            (
                "postgresql://me@one:1/x?sslmode=require&target_session_attrs=primary",
                "postgresql://me@[::1]:2/x?sslmode=require&target_session_attrs=primary",
            ),
        ),
        (
            "postgresql://one,two/x?target_session_attrs=read-write",
            (
                "postgresql://one/x?target_session_attrs=read-write",
                "postgresql://two/x?target_session_attrs=read-write",
            ),
        ),
        (
            "postgresql://me@/x?host=one,two:2",
            (
                "postgresql://me@/x?host=one&target_session_attrs=primary",
                "postgresql://me@/x?host=two%3A2&target_session_attrs=primary",
            ),
        ),
        (
            "postgresql:///x?host=/run/one,two&port=1,2",
            (
                "postgresql:///x?host=%2Frun%2Fone&port=1&target_session_attrs=primary",
                "postgresql:///x?host=two&port=2&target_session_attrs=primary",
            ),
        ),
        # Not a port for each, nor one for all: asyncpg says what is wrong with it.
        ("postgresql:///x?host=a,b,c&port=1,2", ("postgresql:///x?host=a,b,c&port=1,2",)),
    ],
)
def test_an_address_is_taken_apart_by_host(url: str, expected: tuple[str, ...]) -> None:
    assert hosts.hosts_of(url) == expected


def test_programs_beside_are_given_an_address_without_a_host_as_it_was() -> None:
    said, environment = connection_of("postgresql://me:pw@/x?host=one,two")
    assert said == "postgresql://me@/x?host=one%2Ctwo"
    assert environment["PGPASSWORD"] == "pw"
    assert connection_of("postgresql:///x?host=/run")[0] == "postgresql:///x?host=%2Frun"


async def test_a_host_that_is_silent_or_gone_keeps_nobody_waiting(database_url: str) -> None:
    async with proxy_to(database_url) as one, proxy_to(database_url) as other:
        first, second = (urlsplit(each.url) for each in (one, other))
        both = f"{first.netloc},127.0.0.1:{second.port}"
        url = first._replace(netloc=both, query="target_session_attrs=read-write").geturl()
        bounds = Bounds(connecting=3.0, lending=4.0, statement=2.0)
        one.fall_silent()
        began = monotonic()
        async with await open_pools(url, roles=["worker"], bounds=bounds) as pools:
            assert await pools.worker.fetchval("SELECT 1") == 1
            assert monotonic() - began < bounds.connecting
            one.come_back()
            # The one that served goes silent: what is said on it is lost, and the other serves.
            other.fall_silent()
            with pytest.raises(DatabaseUnreachableError):
                await pools.worker.fetchval("SELECT 1")
            began = monotonic()
            assert await pools.worker.fetchval("SELECT 1") == 1
            assert monotonic() - began < hosts.HEAD_START
            await one.refuse()
            await other.refuse()
            with pytest.raises(DatabaseUnreachableError):
                await pools.worker.fetchval("SELECT 1")


async def test_a_command_that_only_reads_finds_the_server_that_takes_writes(
    database_url: str,
) -> None:
    async with proxy_to(database_url) as proxy:
        url = f"{proxy.url}?target_session_attrs=read-write"
        connection = await connect(url, role="pro_operator", actor="test", only_reads=True)
        try:
            with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
                await connection.execute("CREATE TABLE pro.nothing ()")
        finally:
            await connection.close()
