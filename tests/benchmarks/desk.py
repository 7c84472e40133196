"""`desk`: whole pages of the desk at one size of study, over HTTP, from the web application.

Milliseconds from the request to the whole page, of somebody who sees the whole study, of one site
of four, and of who signs; the middle of the rounds. Beside them what the machine's mood changes
less, or not at all: processor time of this process, which serves and asks, and of PostgreSQL;
statements, pages touched and bytes sent. 2,000 participants unless `--participants` says otherwise.
At the end once more without what the worker keeps.
"""

from __future__ import annotations

import statistics
from http import HTTPStatus
from time import perf_counter, process_time
from typing import Any, Final

import aiohttp

from pro_service.store.pools import open_pools
from tests.benchmarks.measuring.chosen import Chosen, Found
from tests.benchmarks.measuring.desk_study import (
    DESK_STUDY,
    forget_kept,
    keep,
    make_keys_true,
    was_here_yesterday,
)
from tests.benchmarks.measuring.kept import filled
from tests.benchmarks.measuring.server import (
    Server,
    cpu_of_server,
    forget_statements,
    statements_of,
)
from tests.support.desk import page, sign_in
from tests.support.seed import make_context
from tests.support.web import browsing, serving

LIST: Final = (
    "/desk/participants",
    "/desk/participants?page=9",
    "/desk/participants?page=9&sort=behind",
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
    "/desk/participants?sort=site",
    "/desk/participants?site=S2&state=missed&sort=behind",
)
ONE_SITE_ONLY: Final = frozenset({"/desk/participants/L-77/entry", "/desk/enrol"})
"""Rooms the whole study's reader does not enter: they act nowhere."""
ROOMS: Final = (
    "/desk",
    "/desk/alerts",
    "/desk/texts",
    "/desk/week",
    "/desk/since",
    "/desk/calls/print",
    "/desk/enrol",
    "/desk/participants/L-77",
    "/desk/participants/L-77/entry",
    "/desk/figures",
    "/desk/missing",
    "/desk/missing/deviations",
    "/desk/rota",
    "/desk/week/print",
)
ROOMS_OF: Final = {
    "whole": (*LIST, *(one for one in ROOMS if one not in ONE_SITE_ONLY)),
    "one": (*LIST, *ROOMS),
    "signs": ("/desk", "/desk/signing/waiting", "/desk/signing", "/desk/locks"),
}
"""What each looks at: a monitor of the whole study, a coordinator of one site, an investigator."""
DEAREST: Final = 2


class GivenUpError(Exception):
    """No page came: the database gave its statement up, or something is wrong."""


async def measure(chosen: Chosen, server: Server) -> Found:
    """Milliseconds and costs of each address, of both members of staff."""
    found: list[dict[str, Any]] = []
    given_up: list[str] = []
    async with filled(server, DESK_STUDY, chosen.participants, chosen.folder) as (url, seconds):
        # What an earlier release kept may lack something; what lacks nothing is not made again.
        await keep(url, chosen.participants)
        await _measure(server, url, chosen.rounds, (found, given_up), "")
        await forget_kept(url)
        await _measure(server, url, 1, (found, given_up), " (nothing kept)")
    head = ("ms", "cpu", "db cpu", "statements", "db ms", "buffers", "kB")
    lines = [f"{'':58}{'who':>6}" + "".join(f"{one:>11}" for one in head) + "  dearest"]
    lines += [_line(one) for one in found]
    lines.append(f"the worker kept everybody in {seconds:.1f} s")
    return Found("desk", f"pages, {chosen.participants} participants", found, given_up, lines)


def _line(one: dict[str, Any]) -> str:
    counted = "".join(f"{one[key]:11.1f}" for key in ("ms", "cpu", "db_cpu"))
    if one["statements"] is not None:
        counted += f"{one['statements']:11.0f}{one['db_ms']:11.1f}{one['buffers']:11.0f}"
    return f"{one['name']:58}{one['who']:>6}{counted}{one['kb']:11.1f}  {one['dearest']}"


async def _measure(
    server: Server,
    url: str,
    rounds: int,
    told: tuple[list[dict[str, Any]], list[str]],
    how: str,
) -> None:
    found, given_up = told
    pools = await open_pools(url)
    context = make_context()
    await make_keys_true(url, context.keys.vault)
    async with pools, serving(pools, context) as served:
        for who in ("whole", "one") if how else ROOMS_OF:
            async with browsing(served) as browser:
                await sign_in(browser, who)
            await was_here_yesterday(url)
            async with browsing(served) as browser:
                await sign_in(browser, who)
                for address in (*LIST, "/desk/figures") if how else ROOMS_OF[who]:
                    try:
                        one = await _page(server, url, browser, address, rounds)
                    except GivenUpError as error:
                        given_up.append(f"{error} ({who}{how})")
                    else:
                        found.append({"name": f"{address}{how}", "who": who, **one})


async def _page(
    server: Server, url: str, browser: aiohttp.ClientSession, address: str, rounds: int
) -> dict[str, Any]:
    """One address, once to warm up and then as often as there are rounds."""
    await _request(browser, address)
    await forget_statements(server)
    served, database = process_time(), cpu_of_server(server)
    spent, sizes = zip(*[await _request(browser, address) for _ in range(rounds)], strict=True)
    served, database = process_time() - served, cpu_of_server(server) - database
    said = await statements_of(server, url)
    return {
        "ms": statistics.median(spent),
        "cpu": served * 1000 / rounds,
        "db_cpu": database * 1000 / rounds,
        "kb": sizes[-1] / 1024,
        "statements": None if said is None else said.calls / rounds,
        "db_ms": None if said is None else said.ms / rounds,
        "buffers": None if said is None else said.buffers / rounds,
        "dearest": ""
        if said is None
        else ", ".join(
            f"{one.name} {one.ms / rounds:.1f} ms {one.buffers / rounds:.0f} pages"
            for one in said.dearest(DEAREST)
        ),
    }


async def _request(browser: aiohttp.ClientSession, address: str) -> tuple[float, int]:
    """Milliseconds, and bytes of the page. Raises GivenUpError for anything but a page."""
    began = perf_counter()
    status, text = await page(browser, address)
    spent = (perf_counter() - began) * 1000
    if status != HTTPStatus.OK:
        raise GivenUpError(f"{address} answers {status} after {spent:.0f} ms.")
    return spent, len(text.encode())
