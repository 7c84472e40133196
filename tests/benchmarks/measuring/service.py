"""What is measured, each in a process of its own: `serve`, and the bare prototypes."""

from __future__ import annotations

import contextlib
import io
import os
import pstats
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import aiohttp

from pro_service.vault.signing import SigningRing
from tests.benchmarks.measuring.world import World
from tests.support.command import command, free_port
from tests.support.waiting import until

ROOT: Final = Path(__file__).parents[3]
SECRET: Final = "only-for-benchmarks"


@dataclass(frozen=True)
class Service:
    """A running process that answers HTTP."""

    base: str
    pid: int
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What it was started with."""


@asynccontextmanager
async def served(
    world: World, *, profile: Path | None = None, more: Mapping[str, str] | None = None
) -> AsyncIterator[Service]:
    """`pro-service serve` on a world, as an operator starts it; with `profile`, watched.

    `more` are settings besides.
    """
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    environment = {
        "PRO_DATABASE_URL": world.url,
        "PRO_VAULT_KEYS": world.keys[0],
        "PRO_INDEX_KEYS": world.keys[1],
        "PRO_LINK_KEYS": world.keys[2],
        "PRO_SEAL_KEYS": SigningRing.generate().reveal(),
        "PRO_SIMULATOR_SECRET": SECRET,
        "PRO_PUBLIC_URL": base,
        "PRO_PORT": str(port),
        **(more or {}),
    }
    words = command("serve")
    if profile is not None:
        watched = f"import cProfile; cProfile.run({words[2]!r}, {str(profile)!r})"
        words = [*words[:2], watched, *words[3:]]
    async with process(words, environment, base, "/readyz") as service:
        yield service


@asynccontextmanager
async def working_beside(service: Service) -> AsyncIterator[Service]:
    """A `pro-service worker` with the settings of a `serve` that is there."""
    words = command("worker")
    async with process(words, service.environment, service.base, "/readyz") as worker:
        yield worker


@asynccontextmanager
async def bare_served(url: str) -> AsyncIterator[Service]:
    """The prototype on its own tables."""
    port = free_port()
    words = [
        sys.executable,
        "-m",
        "tests.benchmarks.limits.bare",
        "--url",
        url,
        "--port",
        str(port),
    ]
    async with process(words, {}, f"http://127.0.0.1:{port}", "/readyz", folder=ROOT) as service:
        yield service


@asynccontextmanager
async def process(
    words: Sequence[str],
    environment: Mapping[str, str],
    base: str,
    ready: str,
    *,
    folder: Path | None = None,
) -> AsyncIterator[Service]:
    """A process that answers at `base`: yielded once `ready` answers without a fault."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PRO_")}
    with tempfile.TemporaryFile("w+") as out:
        started = subprocess.Popen(  # noqa: ASYNC220  (begun at once)
            list(words),
            env=clean | dict(environment),
            cwd=folder,
            start_new_session=True,
            stdout=out,
            stderr=subprocess.STDOUT,
        )

        async def answers() -> bool:
            if started.poll() is not None:
                written = os.pread(out.fileno(), 4_000, 0).decode("utf-8", "replace")
                raise RuntimeError(f"{words[-1]} ended by itself: {written}")
            try:
                async with aiohttp.ClientSession() as http, http.get(base + ready) as response:
                    return response.status < 500
            except aiohttp.ClientError:
                return False

        try:
            await until(answers)
            yield Service(base, started.pid, environment)
        finally:
            # Whatever it started goes with it.
            end(started, signal.SIGTERM)
            try:
                started.wait(15)
            except subprocess.TimeoutExpired:
                end(started, signal.SIGKILL)
                started.wait()


def dearest_functions(profile: Path, most: int = 10) -> list[str]:
    """The functions a watched process spent the longest in, their own time and with what they call.

    Watching makes calls dear: only shares of such a run mean anything.
    """
    told = io.StringIO()
    stats = pstats.Stats(str(profile), stream=told)
    stats.sort_stats("tottime").print_stats(most)
    lines = told.getvalue().splitlines()
    begin = next(n for n, line in enumerate(lines) if "ncalls" in line)
    return [line for line in lines[begin:] if line.strip()]


def end(started: subprocess.Popen[bytes], how: signal.Signals) -> None:
    """Signal a process of ours and its children."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(started.pid, how)
