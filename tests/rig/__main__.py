"""Break the whole service at random for some minutes, and count what it promised.

python -m tests.rig --minutes 2 --seed 1
python -m tests.rig --minutes 1 --naive       # asynchronous and unfenced: must be caught
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import uvloop

from tests.rig.checks import Verdict
from tests.rig.cluster import IS_HERE, running_cluster
from tests.rig.faults import FAILOVERS, OF_PROCESSES, Fault, deck_of
from tests.rig.rig import Rig, rig_on
from tests.support.databases import folder_in_memory

ROOM: Final = 768
"""Megabytes of each node's own small disk, and a little more for each participant."""
A_PARTICIPANT: Final = 0.25
LEAST_HOLD: Final = 2.0
MOST_HOLD: Final = 6.0


@dataclass
class Told:
    """How a run went."""

    verdict: Verdict
    faults: int = 0
    failovers: int = 0
    slowest: float = 0.0
    unrecovered: tuple[str, ...] = ()
    strayed: tuple[str, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether every promise was kept and every fault recovered from."""
        return self.verdict.sound and not self.unrecovered and not self.strayed

    def __str__(self) -> str:
        """One line."""
        return (
            f"{self.faults} faults, {self.failovers} of them of the leader: {self.verdict};"
            f" slowest recovery {self.slowest:.1f} s, {len(self.unrecovered)} not within a minute"
        )


async def live(
    minutes: float, seed: int, *, participants: int = 0, naive: bool = False, pause: float = 0.5
) -> Told:
    """One run on a cluster of its own."""
    draw = random.Random(seed)
    participants = participants or int(200 * minutes + 100)
    room = None
    if os.geteuid() == 0 and not naive:
        room = ROOM + int(participants * A_PARTICIPANT)
    memory = folder_in_memory()
    async with (
        running_cluster(memory, synchronous=not naive, room=room) as cluster,
        rig_on(cluster, participants) as rig,
    ):
        rig.minutes, rig.pause = minutes, pause
        _say(f"{len(cluster.nodes)} nodes, {len(rig.processes)} processes, {len(rig.links)} links")
        async with rig.lived_in():
            told = await _break(rig, draw, minutes, naive=naive)
        await rig.settle()
        told.verdict = await rig.judge()
        told.slowest, told.unrecovered = rig.slowest, tuple(rig.unrecovered)
        told.strayed = tuple(rig.strayed)
        return told


async def _break(rig: Rig, draw: random.Random, minutes: float, *, naive: bool) -> Told:
    """One fault after the other until the time is over, each once the one before is mended."""
    told, over = Told(Verdict()), time.monotonic() + minutes * 60
    deck: list[Fault] = []
    await asyncio.sleep(3)
    while time.monotonic() < over and not (naive and told.faults):
        deck = deck or deck_of(rig, draw, naive=naive)
        fault = deck.pop()
        if fault not in OF_PROCESSES:
            await _whole_again(rig)
        async with fault(rig, draw) as hit:
            await asyncio.sleep(draw.uniform(LEAST_HOLD, MOST_HOLD))
        took = await rig.recovered(hit)
        told.faults += 1
        told.failovers += fault in FAILOVERS
        mended = "not within a minute" if took is None else f"{took:.1f} s"
        so_far = f"{rig.book.count} answers, {len(rig.provider.sent)} texts"
        _say(f"{hit}: recovered in {mended}; {so_far}")
    return told


async def _whole_again(rig: Rig) -> None:
    """Wait for the cluster to have all its nodes again: it may lose one at a time."""
    for _ in range(120):
        if await rig.cluster.is_whole():
            return
        await asyncio.sleep(0.5)
    rig.unrecovered.append("the cluster is not whole again")


def _say(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures; 1 where a promise was broken (with --naive: where none was)."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--participants", type=int, default=0, help="default: by the minutes")
    parser.add_argument("--pause", type=float, default=0.5, help="longest rest between two pages")
    parser.add_argument("--naive", action="store_true", help="asynchronous: must be caught")
    given = parser.parse_args(arguments)
    if not IS_HERE:
        parser.error("needs Debian's patroni, etcd-server and postgresql-15")

    async def whole() -> Told:
        task = asyncio.current_task()
        assert task is not None
        # Whoever ends it leaves nothing behind.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        return await live(
            *(given.minutes, given.seed),
            participants=given.participants,
            naive=given.naive,
            pause=given.pause,
        )

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        told = runner.run(whole())
    for line in [*told.verdict.notes[:20], *told.unrecovered, *told.strayed[:20]]:
        print(" ", line)
    print(told)
    return int(told.sound is given.naive)


if __name__ == "__main__":
    sys.exit(main())
