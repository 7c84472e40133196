"""`measures`: a file of 50,000 values brought in by the command, by a process of its own.

First a preview, then the file, then the same again, which changes nothing: seconds, processor
seconds of the command and of the server, and the most memory of the command. They are two readers'
values of all that is imaged before the injection, of as many participants as it takes.
"""

from __future__ import annotations

import asyncio
import resource
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import asyncpg

from pro_service.store.migrations import migrate
from tests.benchmarks.measuring.chosen import Chosen, Found
from tests.benchmarks.measuring.server import Server, cpu_of_server, database
from tests.integration.measuring.test_bringing_much import READS, rows_of
from tests.support.command import Commands, command, commands_with
from tests.support.measures import csv_of
from tests.support.study import open_trial, row

ROWS: Final = 50_000
PROMISED_SECONDS: Final = 60.0
STEPS: Final = (
    ("preview", ("--preview",)),
    ("brought in", ("--reason", "reads of the core laboratory")),
    ("the same again", ("--reason", "reads of the core laboratory")),
)


async def measure(_: Chosen, server: Server) -> Found:
    """The three steps, one after the other."""
    sides: list[dict[str, Any]] = []
    async with database(server) as url:
        superuser = await asyncpg.connect(url)
        try:
            await migrate(superuser, kind="validation")
        finally:
            await superuser.close()
        with tempfile.TemporaryDirectory(prefix="pro-bench-") as folder:
            file = Path(folder) / "reads.csv"
            async with open_trial(url) as trial:
                each = len(list(rows_of(["X"], READS)))
                # From 100 on: one of those below would have the study's own number.
                codes = [f"P-{number}" for number in range(100, 101 + ROWS // each)]
                await trial.enrol(*(row(code) for code in codes))
                await trial.move(timedelta(days=5))
                file.write_bytes(csv_of(list(islice(_reads(codes), ROWS))))
                commands = commands_with(url, trial.context.keys.vault)
            for name, words in STEPS:
                sides.append({"name": name, **await _run(commands, server, file, words)})
    lines = [
        f"{one['name']:16}{one['seconds']:8.1f} s{one['cpu']:8.1f} s cpu"
        f"{one['server']:8.1f} s cpu of PostgreSQL{one['mb']:8.0f} MB   {one['said']}"
        for one in sides
    ]
    kept = sides[1]
    lines.append(
        f"{ROWS} rows in {kept['seconds']:.1f} s, {kept['cpu'] + kept['server']:.1f} s of them of"
        f" processor; promised {PROMISED_SECONDS:.0f} s on a machine left alone."
    )
    return Found("measures", f"a file of {ROWS} values", sides, [], lines)


def _reads(codes: list[str]) -> Iterator[dict[str, str]]:
    """Values that can be taken: a relaxation time of 1 ms would be none."""
    for one in rows_of(codes, READS):
        yield {**one, "value": "5" if one["measure"].startswith("t") else one["value"]}


async def _run(
    commands: Commands, server: Server, file: Path, words: tuple[str, ...]
) -> dict[str, Any]:
    before, of_server, began = _used(), cpu_of_server(server), perf_counter()
    child = await asyncio.create_subprocess_exec(
        *command("measure", "import", str(file), *words),
        env=commands.environment,
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await child.communicate()
    seconds = perf_counter() - began
    if child.returncode:
        raise RuntimeError(f"the command ended with {child.returncode}")
    return {
        "seconds": seconds,
        "cpu": _used() - before,
        "server": cpu_of_server(server) - of_server,
        "mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
        "said": printed.decode().strip(),
    }


def _used() -> float:
    """Seconds of processor of this process's children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
