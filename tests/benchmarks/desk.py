"""`desk`: the participants' list, every filter and order of it, and the figures, at one size.

Milliseconds from the request to the whole page, of somebody who sees the whole study and of one
site of four; the middle of the rounds. 2,000 participants unless `--participants` says otherwise.
Without what the worker keeps first, then with it.
"""

from __future__ import annotations

import statistics
from time import perf_counter
from typing import Any, Final

import aiohttp
import asyncpg

from pro_service.services.study.staff import make_staff
from pro_service.store.migrations import migrate
from pro_service.store.pools import connect, open_pools
from pro_service.store.visits.outlooks import refresh_outlooks
from tests.benchmarks.measuring.chosen import Chosen, Found
from tests.benchmarks.measuring.server import Server, database
from tests.support.desk import PASSWORD, page, sign_in
from tests.support.example import example_study
from tests.support.large import PARTICIPANTS, STUDIES, VERSIONS, load_large_study, row_id
from tests.support.seed import make_context
from tests.support.web import browsing, serving

STUDY_ID: Final = row_id(STUDIES, 1)
ACTOR: Final = "cli:benchmark"
ADDRESSES: Final = (
    "/desk/participants",
    "/desk/participants?page=9",
    "/desk/participants?code=77",
    "/desk/participants?status=active",
    "/desk/participants?language=zh_CN",
    "/desk/participants?state=due",
    "/desk/participants?state=missed",
    "/desk/participants?state=not_yet_due",
    "/desk/participants?state=missed&visit=month_2",
    "/desk/participants?figure=scorable&visit=month_2",
    "/desk/participants?figure=enrolled",
    "/desk/participants?sort=behind",
    "/desk/participants?sort=status",
    "/desk/participants?site=S2&state=missed&sort=behind",
    "/desk/figures",
)
AT_ONCE: Final = 100
"""Participants the worker comes by in one statement."""


async def prepare(url: str, participants: int) -> None:
    """A large study with the example's protocol, and two members of staff."""
    superuser = await asyncpg.connect(url)
    try:
        await migrate(superuser, kind="validation")
        await load_large_study(superuser, participants=participants)
        loaded = example_study()
        async with superuser.transaction():
            await superuser.execute("SET LOCAL session_replication_role = replica")
            await superuser.execute(
                "UPDATE pro.protocol_versions SET document = $1::text::jsonb, source = $2,"
                " content_sha256 = $3 WHERE id = $4",
                loaded.protocol.model_dump_json(),
                loaded.text,
                loaded.content_sha256,
                row_id(VERSIONS, 1),
            )
    finally:
        await superuser.close()
    operator = await connect(url, role="pro_operator", actor=ACTOR)
    try:
        for login, site in (("whole", None), ("one", "S2")):
            await make_staff(
                operator,
                STUDY_ID,
                login=login,
                password=PASSWORD,
                site=site,
                role="monitor" if site is None else "coordinator",
                actor=ACTOR,
            )
    finally:
        await operator.close()


async def keep(url: str, participants: int) -> float:
    """The worker comes by everybody; seconds."""
    items = {code: len(one.items) for code, one in make_context().catalogue.instruments.items()}
    worker = await connect(url, role="pro_worker", actor="service:worker")
    began = perf_counter()
    try:
        for first in range(1, participants + 1, AT_ONCE):
            last = min(first + AT_ONCE, participants + 1)
            batch = [row_id(PARTICIPANTS, number) for number in range(first, last)]
            await refresh_outlooks(worker, STUDY_ID, batch, items)
    finally:
        await worker.close()
    return perf_counter() - began


async def measure(chosen: Chosen, server: Server) -> Found:
    """Milliseconds of each address, of both members of staff."""
    found: list[dict[str, Any]] = []
    async with database(server) as url:
        await prepare(url, chosen.participants)
        await _measure(url, 1, found, "nothing kept")
        seconds = await keep(url, chosen.participants)
        superuser = await asyncpg.connect(url)
        await superuser.execute("VACUUM ANALYZE pro.visit_outlooks, pro.participant_outlooks")
        await superuser.close()
        await _measure(url, chosen.rounds, found, "kept")
    lines = [f"{'':60}{'who':>8}{'ms':>10}{'most':>10}"]
    lines += [
        f"{one['name']:60}{one['who']:>8}{one['ms']:10.1f}{one['most']:10.1f}" for one in found
    ]
    lines.append(f"the worker kept everybody in {seconds:.1f} s")
    return Found("desk", f"pages, {chosen.participants} participants", found, [], lines)


async def _measure(url: str, rounds: int, found: list[dict[str, Any]], how: str) -> None:
    pools = await open_pools(url)
    async with pools, serving(pools, make_context()) as served:
        for who in ("whole", "one"):
            async with browsing(served) as browser:
                await sign_in(browser, who)
                for address in ADDRESSES:
                    spent = [await _request(browser, address) for _ in range(rounds + 1)][1:]
                    found.append(
                        {
                            "name": f"{address} ({how})",
                            "who": who,
                            "ms": statistics.median(spent),
                            "most": max(spent),
                        }
                    )


async def _request(browser: aiohttp.ClientSession, address: str) -> float:
    began = perf_counter()
    status, _ = await page(browser, address)
    spent = (perf_counter() - began) * 1000
    if status != 200:
        raise RuntimeError(f"{address} answered {status}")
    return spent
