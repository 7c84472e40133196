"""Several servers in one address (`postgresql://user@one,two/name`, or `...?host=one,two`): the
one that takes writes.

Each host is tried by itself: one that lost its power without a word, or stands still, must not use
up the time there is for all. Whoever served last comes first, until somebody doubts it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import SplitResult, parse_qs, urlencode, urlsplit, urlunsplit

import asyncpg

HEAD_START: Final = 0.5
"""Seconds a host is alone before the next is asked too."""
WHOM: Final = "target_session_attrs"
STANDBY: Final = asyncpg.TargetServerAttributeNotMatched
Connect = Callable[[str], Awaitable[asyncpg.Connection]]
_order: dict[str, tuple[str, ...]] = {}
"""The hosts of each address as they are to be asked."""
_served: dict[str, str] = {}
"""The host of each address that let somebody in last."""


def written(parts: SplitResult) -> str:
    """An address put together again: one without a host keeps its slashes, which say what it is."""
    address = urlunsplit(parts)
    return address if parts.netloc else address.replace(":/", ":///", 1)


def hosts_of(url: str) -> tuple[str, ...]:
    """An address for each host; the one given where it names one. Only a primary will do."""
    parts = urlsplit(url)
    who, at, hosts = parts.netloc.rpartition("@")
    query = parse_qs(parts.query, keep_blank_values=True)
    query.setdefault(WHOM, ["primary"])
    if not hosts:
        return _asked_for(url, query)
    if "," not in hosts:
        return (url,)
    asked = urlencode(query, doseq=True)
    return tuple(
        urlunsplit(parts._replace(netloc=f"{who}{at}{host}", query=asked))
        for host in hosts.split(",")
    )


def _asked_for(url: str, query: dict[str, list[str]]) -> tuple[str, ...]:
    """An address for each host that the part after the question mark names, each with its port."""
    hosts, ports = (query.get(one, [""])[-1].split(",") for one in ("host", "port"))
    each = ports * len(hosts) if len(ports) == 1 else ports
    if len(hosts) == 1 or len(each) != len(hosts):
        return (url,)  # One; or what asyncpg refuses, in its own words.
    parts = urlsplit(url)
    asked = [
        query | {"host": [host]} | ({"port": [port]} if port else {})
        for host, port in zip(hosts, each, strict=True)
    ]
    return tuple(written(parts._replace(query=urlencode(one, doseq=True))) for one in asked)


async def connect_first(url: str, connect: Connect) -> asyncpg.Connection:
    """A connection to the first host that will do; raises what is wrong with the primary."""
    waiting = list(_order.setdefault(url, hosts_of(url)))
    if len(waiting) == 1:
        return await connect(waiting[0])
    trying: dict[asyncio.Task[asyncpg.Connection], str] = {}
    failed: BaseException | None = None
    try:
        while waiting or trying:
            if waiting:
                host = waiting.pop(0)
                trying[asyncio.ensure_future(connect(host))] = host
            done, _ = await asyncio.wait(
                trying,
                timeout=HEAD_START if waiting else None,
                return_when=asyncio.FIRST_COMPLETED,
            )
            for task in done:
                why, host = task.exception(), trying.pop(task)
                if why is None:
                    _put_first(url, host)
                    return task.result()
                if failed is None or not isinstance(
                    why, STANDBY
                ):  # What is wrong with the primary.
                    failed = why
        raise failed or OSError("no host")
    finally:
        for task in trying:
            task.cancel()
        for late in await asyncio.gather(*trying, return_exceptions=True):
            if isinstance(late, asyncpg.Connection):
                late.terminate()


def doubt(url: str) -> None:
    """Whoever served last may lead no more, and not know it: the others are asked first."""
    if url in _served:
        _order[url] = (*(one for one in _order[url] if one != _served[url]), _served[url])


def _put_first(url: str, host: str) -> None:
    _served[url] = host
    _order[url] = (host, *(one for one in _order[url] if one != host))
