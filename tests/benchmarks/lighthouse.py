"""Lighthouse for a telephone, on the participants' pages as they are served.

    .venv/bin/python -m tests.benchmarks.lighthouse [--language zh_CN] [--runs 3]

Starts a PostgreSQL and the web side with one participant, installs Lighthouse from npm into a
folder that is deleted again, and prints performance, accessibility and best practices (0-100) of
welcome, who, question, review and thanks. Needs npm, network and Chromium. It asserts nothing:
figures of a busy machine are no reason to fail a build. Exit 1: a page lies below its aim.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp
from aiohttp.test_utils import TestServer

from pro_service.store.pools import connect, open_pools
from tests.support.databases import clone, migrated_template, server_for_tests
from tests.support.seed import make_context, seed_link, seed_participant, seed_study, seed_visit
from tests.support.web import answer_everything, browsing, open_questions, send, serving

AIMS: Final = {"performance": 95, "accessibility": 100, "best-practices": 100}
ASKS: Final = (("pain-vas", "left_knee"), ("womac-nrs-3.1", "left_knee"), ("pga", "person"))
CHROME_FLAGS: Final = "--headless=new --no-sandbox --disable-gpu"
PATIENCE_SECONDS: Final = 180


@dataclass(frozen=True)
class Door:
    """A page to look at: its name, its address, and the cookies it needs."""

    name: str
    path: str
    cookies: str = ""


@asynccontextmanager
async def doors(database: str, language: str) -> AsyncIterator[tuple[str, list[Door]]]:
    """A served study; participants at the start, half way, at the end, and done."""
    context = make_context()
    owner = await connect(database, role="pro_owner", actor="test:owner")
    pools = await open_pools(database)
    try:
        study = await seed_study(owner, context)
        async with pools, serving(pools, context) as server:
            base = str(server.make_url("/")).rstrip("/")
            context.public_url = base
            tokens = []
            for number in range(3):
                participant = await seed_participant(
                    study,
                    code=f"L-{number}",
                    personal_code=f"A23456{number + 2}",
                    language=language,
                )
                await seed_visit(participant, "unscheduled", asks=ASKS)
                tokens.append(await seed_link(participant, "unscheduled"))
            fresh, begun, done = tokens
            await answer(server, begun, submitted=False)
            await answer(server, done, submitted=True)
            yield (
                base,
                [
                    Door("welcome", f"/q/{fresh}"),
                    Door("who", "/q/who", f"q={fresh}"),
                    Door("line 0-100", "/q/s/1", f"q={begun}"),
                    Door("question", "/q/s/2", f"q={begun}"),
                    Door("review", "/q/review", f"q={begun}"),
                    Door("thanks", "/q/thanks", f"q={done}"),
                ],
            )
    finally:
        await owner.close()


async def answer(server: TestServer, token: str, *, submitted: bool) -> None:
    """Answer everything behind a link, and send it if it shall be `submitted`."""
    async with browsing(server) as browser:
        review = await answer_everything(browser, await open_questions(browser, token))
        if submitted:
            await send(browser, review)


async def run(*words: str, folder: Path, **environment: str) -> str:
    """Run a program to its end; what it printed. Raises RuntimeError with the end of its output."""
    process = await asyncio.create_subprocess_exec(
        *words,
        cwd=folder,
        env=os.environ | environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), PATIENCE_SECONDS)
    if process.returncode:
        raise RuntimeError(f"{words[0]} ended with {process.returncode}: {err.decode()[-600:]}")
    return out.decode()


async def look(folder: Path, base: str, door: Door) -> dict[str, Any]:
    """One run of Lighthouse on one page: its report."""
    words = ["--quiet", "--output=json", "--only-categories=" + ",".join(AIMS)]
    if door.cookies:
        words.append("--extra-headers=" + json.dumps({"Cookie": door.cookies}))
    printed = await run(
        str(folder / "node_modules/.bin/lighthouse"),
        base + door.path,
        f"--chrome-flags={CHROME_FLAGS}",
        *words,
        folder=folder,
        CHROME_PATH=shutil.which("chromium") or shutil.which("google-chrome") or "",
    )
    report: dict[str, Any] = json.loads(printed)
    return report


async def measure(language: str, runs: int, folder: Path, database: str) -> bool:
    """Print a line a page; whether every page met every aim."""
    met = True
    async with doors(database, language) as (base, pages):
        async with aiohttp.ClientSession() as session, session.get(base + pages[0].path) as found:
            assert found.status == 200
        print(f"{'page':12}" + "".join(f"{name:>16}" for name in AIMS) + "   what fell short")
        for door in pages:
            reports = [await look(folder, base, door) for _ in range(runs)]
            medians = {
                name: round(
                    100 * statistics.median(one["categories"][name]["score"] for one in reports)
                )
                for name in AIMS
            }
            short = [
                audit["id"]
                for name in AIMS
                for reference in reports[-1]["categories"][name]["auditRefs"]
                for audit in [reports[-1]["audits"][reference["id"]]]
                if reference["weight"] and audit["score"] is not None and audit["score"] < 0.9
            ]
            met = met and all(medians[name] >= aim for name, aim in AIMS.items())
            print(f"{door.name:12}" + "".join(f"{one:16}" for one in medians.values()), *short)
    return met


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--language", choices=("en", "zh_CN"), default="en")
    parser.add_argument("--runs", type=int, default=1, help="runs a page; the median is printed")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lighthouse-") as name:
        folder = Path(name)
        words = ("npm", "install", "--no-audit", "--no-fund", "lighthouse")
        asyncio.run(run(*words, folder=folder))
        with (
            server_for_tests() as server,
            migrated_template(server) as template,
            clone(server, template) as database,
        ):
            met = asyncio.run(measure(chosen.language, chosen.runs, folder, database))
    sys.exit(0 if met else 1)


if __name__ == "__main__":
    main()
