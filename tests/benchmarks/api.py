"""`api`: pages of a hundred over /api/v1, read side by side to the end of each list.

Milliseconds from the request to the whole page, of all clients together: the middle, the 99th of a
hundred and the longest; and requests a second. Server and clients share one process, so a figure is
what a program would see of a busy one. 2,000 participants unless `--participants` says otherwise.
"""

from __future__ import annotations

import asyncio
import statistics
from time import perf_counter, process_time
from typing import Any, Final

import aiohttp
from aiohttp.test_utils import TestServer

from pro_service.domain.programs.scopes import Scope
from pro_service.domain.study.permissions import Role
from pro_service.services.study.programs import Entering, KeyWish, MadeKey, make_key
from pro_service.store.pools import connect, open_pools
from tests.benchmarks.measuring.chosen import Chosen, Found
from tests.benchmarks.measuring.desk_study import ACTOR, DESK_STUDY, STUDY_ID
from tests.benchmarks.measuring.kept import filled
from tests.benchmarks.measuring.server import Server
from tests.support.programs import with_key
from tests.support.seed import make_context
from tests.support.web import browsing, serving

PAGE: Final = 100
LISTS: Final = ("/participants", "/alerts", "/calls")
SITES: Final = {"whole": None, "one": "S2"}
"""A program that sees the whole study, and one of the second of its four sites."""
OFTEN: Final = 1_000_000
COLUMNS: Final = ("p50", "p99", "most", "rate", "cpu")
"""`cpu`: milliseconds of processor a request, of this process, clients and all."""


async def measure(chosen: Chosen, server: Server) -> Found:
    """Milliseconds and requests a second of each list, for both programs."""
    found: list[dict[str, Any]] = []
    async with filled(server, DESK_STUDY, chosen.participants, chosen.folder) as (url, _):
        keys = await _make_keys(url)
        pools = await open_pools(url)
        async with pools, serving(pools, make_context()) as served:
            for path in LISTS:
                for who, made in keys.items():
                    await _read(served, chosen, path, made, 0.5)  # Plans are made and kept.
                    before = process_time()
                    spent = await _read(served, chosen, path, made, chosen.seconds)
                    cpu = process_time() - before
                    found.append(_side(f"{path} of {who}", spent, chosen.seconds, cpu))
    head = ("p50 ms", "p99 ms", "most ms", "a second", "cpu ms")
    lines = [f"{'':28}" + "".join(f"{one:>11}" for one in head)]
    lines += [
        f"{one['name']:28}" + "".join(f"{one[key]:11.1f}" for key in COLUMNS) for one in found
    ]
    said = f"pages of {PAGE}, {chosen.clients} clients, {chosen.participants} participants"
    return Found("api", said, found, [], lines)


def _side(name: str, spent: list[float], seconds: float, cpu: float) -> dict[str, Any]:
    return {
        "name": name,
        "p50": statistics.median(spent),
        "p99": statistics.quantiles(spent, n=100)[98],
        "most": max(spent),
        "rate": len(spent) / seconds,
        "cpu": cpu * 1000 / len(spent),
    }


async def _make_keys(url: str) -> dict[str, MadeKey]:
    operator = await connect(url, role="pro_operator", actor=ACTOR)
    try:
        made = {}
        for who, site in SITES.items():
            entering = Entering("whole", Role.monitor, site)
            wish = KeyWish(f"program-{who}", frozenset(Scope), 1, OFTEN, entering)
            made[who] = await make_key(operator, STUDY_ID, wish, actor=ACTOR)
        return made
    finally:
        await operator.close()


async def _read(
    served: TestServer, chosen: Chosen, path: str, made: MadeKey, seconds: float
) -> list[float]:
    """Read a list over and over with all clients; milliseconds of each request."""
    spent: list[float] = []
    until = perf_counter() + seconds

    async def client() -> None:
        async with browsing(served) as browser:
            after: str | None = None
            while perf_counter() < until:
                began = perf_counter()
                after = await _page(browser, path, made, after)
                spent.append((perf_counter() - began) * 1000)

    await asyncio.gather(*(client() for _ in range(chosen.clients)))
    return spent


async def _page(
    browser: aiohttp.ClientSession, path: str, made: MadeKey, after: str | None
) -> str | None:
    """One page; where the next begins, or None at the end of the list."""
    query = {"limit": str(PAGE)} | ({} if after is None else {"after": after})
    async with browser.get(f"/api/v1{path}", params=query, headers=with_key(made)) as answer:
        answer.raise_for_status()
        following: str | None = (await answer.json())["next"]
        return following
