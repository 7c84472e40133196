"""`api`: pages of a hundred over /api/v1, read side by side to the end of each list.

Milliseconds from the request to the whole page, of all clients together: the middle, the 99th of a
hundred and the longest; and requests a second. The clients are a process of their own, as programs
are. 2,000 participants unless `--participants` says otherwise.
"""

from __future__ import annotations

import asyncio
import gc
import json
import statistics
import sys
from time import process_time
from typing import Any, Final

from aiohttp.test_utils import TestServer

from pro_service.domain.programs.scopes import Scope
from pro_service.domain.study.permissions import Role
from pro_service.services.study.programs import Entering, KeyWish, MadeKey, make_key
from pro_service.store.pools import connect, open_pools
from tests.benchmarks.measuring.chosen import Chosen, Found
from tests.benchmarks.measuring.desk_study import ACTOR, DESK_STUDY, STUDY_ID
from tests.benchmarks.measuring.kept import filled
from tests.benchmarks.measuring.server import Server, cpu_of_server
from tests.support.programs import with_key
from tests.support.seed import make_context
from tests.support.web import serving

PAGE: Final = 100
LISTS: Final = ("/participants", "/alerts", "/calls")
SITES: Final = {"whole": None, "one": "S2"}
"""A program that sees the whole study, and one of the second of its four sites."""
OFTEN: Final = 1_000_000
COLUMNS: Final = ("p50", "p99", "most", "rate", "cpu", "db")
"""`cpu`, `db`: milliseconds of processor a request, of who serves and of PostgreSQL."""


async def measure(chosen: Chosen, server: Server) -> Found:
    """Milliseconds and requests a second of each list, for both programs."""
    found: list[dict[str, Any]] = []
    async with filled(server, DESK_STUDY, chosen.participants, chosen.folder) as (url, _):
        keys = await _make_keys(url)
        pools = await open_pools(url)
        async with pools, serving(pools, make_context()) as served:
            gc.collect()
            gc.freeze()  # As `serve` does.
            for path in LISTS:
                for who, made in keys.items():
                    await _read(served, chosen, path, made, 1.0)  # Plans are made and kept.
                    before, of_server = process_time(), cpu_of_server(server)
                    spent = await _read(served, chosen, path, made, chosen.seconds)
                    used = (process_time() - before, cpu_of_server(server) - of_server)
                    found.append(_side(f"{path} of {who}", spent, chosen.seconds, used))
    head = ("p50 ms", "p99 ms", "most ms", "a second", "cpu ms", "db cpu ms")
    lines = [f"{'':28}" + "".join(f"{one:>11}" for one in head)]
    lines += [
        f"{one['name']:28}" + "".join(f"{one[key]:11.1f}" for key in COLUMNS) for one in found
    ]
    said = f"pages of {PAGE}, {chosen.clients} clients, {chosen.participants} participants"
    return Found("api", said, found, [], lines)


def _side(
    name: str, spent: list[float], seconds: float, used: tuple[float, float]
) -> dict[str, Any]:
    return {
        "name": name,
        "p50": statistics.median(spent),
        "p99": statistics.quantiles(spent, n=100)[98],
        "most": max(spent),
        "rate": len(spent) / seconds,
        "cpu": used[0] * 1000 / len(spent),
        "db": used[1] * 1000 / len(spent),
    }


async def _make_keys(url: str) -> dict[str, MadeKey]:
    operator = await connect(url, role="pro_operator", actor=ACTOR)
    try:
        made = {}
        for who, site in SITES.items():
            entering = Entering("whole", Role.monitor, site)
            scopes = frozenset(Scope) - {Scope.export}
            wish = KeyWish(f"program-{who}", scopes, 1, OFTEN, entering)
            made[who] = await make_key(operator, STUDY_ID, wish, actor=ACTOR)
        return made
    finally:
        await operator.close()


async def _read(
    served: TestServer, chosen: Chosen, path: str, made: MadeKey, seconds: float
) -> list[float]:
    """Read a list over and over with all clients; milliseconds of each request."""
    words = (str(served.make_url(f"/api/v1{path}")), str(chosen.clients), str(PAGE), str(seconds))
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.benchmarks.measuring.pages", *words),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await child.communicate(json.dumps(with_key(made)).encode())
    spent: list[float] = json.loads(printed)
    return spent
