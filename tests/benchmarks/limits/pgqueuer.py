"""pgqueuer beside our claims: jobs claimed in batches and marked as done, nothing decided or sent.

It works in a process of its own and is told by lines when to put jobs in and when to work.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from tests.benchmarks.limits.packages import NotHadError, python_with
from tests.benchmarks.measuring.walking import Step

PACKAGES: Final = ("pgqueuer[asyncpg]>=1,<2",)
JOBS: Final = 3_000
BATCH: Final = 100
SCRIPT: Final = """
import asyncio, sys
from datetime import timedelta
import asyncpg
from pgqueuer import AsyncpgDriver, PgQueuer, Queries

async def work(url, jobs, batch):
    connection = await asyncpg.connect(url)
    worker = PgQueuer.from_asyncpg_connection(connection)
    done = 0

    @worker.entrypoint("nudge")
    async def nudge(job):
        nonlocal done
        done += 1
        if done == jobs:
            worker.shutdown.set()

    await worker.run(dequeue_timeout=timedelta(seconds=1), batch_size=batch)
    await connection.close()

async def main(url, jobs, batch):
    connection = await asyncpg.connect(url)
    queries = Queries(AsyncpgDriver(connection))
    await queries.install()
    print("ready", flush=True)
    while word := (await asyncio.to_thread(sys.stdin.readline)).strip():
        if word == "put":
            await queries.enqueue(["nudge"] * jobs, [b"How is your knee?"] * jobs, [0] * jobs)
        else:
            await work(url, jobs, batch)
        print("done", flush=True)

asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
"""


class Queue:
    """The process that holds the queue."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        """It has been started."""
        self.process = process
        self._left = 0

    async def put(self) -> None:
        """Fill the queue."""
        await self._say("put")
        self._left = JOBS

    async def once(self, _: int, step: Step) -> int:
        """Work through it; 0 once it is empty."""
        done, self._left = self._left, 0
        if done:
            began = time.perf_counter()
            await self._say("work")
            step(time.perf_counter() - began)
        return done

    async def heard(self) -> None:
        """Wait for its next line. Raises NotHadError where it has ended."""
        assert self.process.stdout is not None
        if not await self.process.stdout.readline():
            raise NotHadError("pgqueuer ended by itself")

    async def _say(self, word: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{word}\n".encode())
        await self.heard()


@asynccontextmanager
async def pgqueuer_queue(database_url: str, *, kept_in: Path | None) -> AsyncIterator[Queue]:
    """A queue on an empty database. Raises NotHadError."""
    with tempfile.TemporaryDirectory(prefix="pro-pgqueuer-") as passing:
        folder = (kept_in or Path(passing)) / "pgqueuer"
        python = await asyncio.to_thread(python_with, folder, PACKAGES, "pgqueuer, asyncpg")
        process = await asyncio.create_subprocess_exec(
            *(str(python), "-c", SCRIPT, database_url, str(JOBS), str(BATCH)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        queue = Queue(process)
        try:
            await queue.heard()
            yield queue
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()
