"""`size`: how much memory `serve` holds while journeys are played, one participant after another.

It goes on until nobody is left who has not answered, so the size of the study bounds it: 2,000
participants play 1,700 journeys, 6,000 play 5,100 (`--participants 6000`).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

from tests.benchmarks.journey import Walkers, with_scripts
from tests.benchmarks.measuring.chosen import Chosen, Found
from tests.benchmarks.measuring.server import Server
from tests.benchmarks.measuring.service import served
from tests.benchmarks.measuring.world import filled_world

LONGEST: Final = 900.0
"""Seconds it may play; what was not played then is left out."""
PROMISED_MB: Final = 150
STOPS: Final = (0, 100, 1_000, 2_000, 5_000, 10_000, 20_000)
"""Journeys after which it is weighed."""


def weight_of(pid: int) -> float:
    """MB of memory a process holds now."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"process {pid} has no memory")


def legs(most: int) -> Iterator[tuple[int, int]]:
    """How many journeys are played by each weighing, and how many more that is."""
    played = 0
    for stop in (*(one for one in STOPS if one < most), most):
        yield stop, stop - played
        played = stop


async def measure(chosen: Chosen, server: Server) -> Found:
    """MB of `serve` after so many journeys."""
    sides: list[dict[str, Any]] = []
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(
            filled_world(server, chosen.participants, kept_in=chosen.folder)
        )
        service = await stack.enter_async_context(served(world))
        tokens = world.tokens()
        walkers = Walkers(service.base, tokens, with_scripts)
        stack.push_async_callback(walkers.close)
        began = time.monotonic()
        for stop, more in legs(len(tokens)):
            await _play(walkers, more, chosen.clients)
            took = time.monotonic() - began
            sides.append({"journeys": stop, "mb": weight_of(service.pid), "seconds": took})
            if took > LONGEST:
                break
    lines = [
        f"{one['journeys']:>8} journeys{one['mb']:8.1f} MB{one['seconds']:8.0f} s" for one in sides
    ]
    notes = [f"promised: below {PROMISED_MB} MB after 1,000 journeys, and no growth after that"]
    return Found("size", "memory of serve", sides, notes, lines)


async def _play(walkers: Walkers, journeys: int, lanes: int) -> None:
    """So many journeys, `lanes` side by side."""
    left = iter(range(journeys))

    async def lane(number: int) -> None:
        for _ in left:
            await walkers.once(number, lambda _: None)

    await asyncio.gather(*(lane(number) for number in range(lanes)))
