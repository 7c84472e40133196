"""How long `pro-service demo` takes to start: the first time, and again on what it has lived.

    python -m tests.benchmarks.starts

Fails where a start takes longer than a newcomer is promised, so run it on a machine left alone; the
tests only look at what the second start does not do again.
"""

from __future__ import annotations

import asyncio
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Final, NamedTuple

from tests.support.command import Commands

PROMISED_SECONDS: Final = (60.0, 5.0)
"""For the first start and for every later one."""


class Start(NamedTuple):
    """What one start took, in seconds."""

    waited: float
    """Until it served."""
    processor: float
    """Of the command and its server, stopping them included: a busy machine changes it least."""


async def start(folder: Path) -> Start:
    """Start the command, wait until it serves, and stop it."""
    words = ("demo", "--data", str(folder), "--port", "0")
    began, spent = time.monotonic(), _spent()
    async with Commands(None).running(*words, ready="Ctrl-C stops") as running:
        took = time.monotonic() - began
        await running.stop()
    return Start(took, _spent() - spent)


def _spent() -> float:
    """Seconds of processor of all that was started here and has ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


async def measure() -> list[Start]:
    """The first start in an empty folder, and the second."""
    with tempfile.TemporaryDirectory(prefix="pro-bench-") as folder:
        data = Path(folder) / "demo"
        return [await start(data) for _ in PROMISED_SECONDS]


def main() -> int:
    """Print the figures; 1 if a promise is broken."""
    took = asyncio.run(measure())
    for name, one, promised in zip(("first", "second"), took, PROMISED_SECONDS, strict=True):
        print(
            f"{name} start: {one.waited:.1f} s, promised {promised:.0f} s;"
            f" {one.processor:.1f} s of processor"
        )
    kept = all(one.waited < most for one, most in zip(took, PROMISED_SECONDS, strict=True))
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
