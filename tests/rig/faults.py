"""What goes wrong, each for a while: how it begins, and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import random
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final

from tests.rig.proxy import SPOILT
from tests.rig.rig import Rig

Fault = Callable[[Rig, random.Random], AbstractAsyncContextManager[str]]
"""Begins on entering, ends on leaving; says what it hit."""
PIECE: Final = b"\0" * 1_048_576


@asynccontextmanager
async def spoilt_link(rig: Rig, draw: random.Random) -> AsyncIterator[str]:
    """Some way between two processes is delayed, silent, half open or reset."""
    link, mode = draw.choice(rig.links), draw.choice(SPOILT)
    await link.become(mode)
    try:
        yield f"{link.name} {mode}"
    finally:
        await link.become("pass")


@asynccontextmanager
async def killed_process(rig: Rig, draw: random.Random) -> AsyncIterator[str]:
    """A server or a worker dies, and is started again."""
    process = draw.choice(rig.processes)
    process.lose()
    try:
        yield f"{process.name} killed"
    finally:
        await process.start()


@asynccontextmanager
async def frozen_process(rig: Rig, draw: random.Random) -> AsyncIterator[str]:
    """A server or a worker stands still, and goes on as if no time had passed."""
    process = draw.choice(rig.processes)
    process.signal(signal.SIGSTOP)
    try:
        yield f"{process.name} frozen"
    finally:
        process.signal(signal.SIGCONT)


@asynccontextmanager
async def lost_leader(rig: Rig, _: random.Random) -> AsyncIterator[str]:
    """The machine that leads is gone, until another leads."""
    node = await rig.cluster.leader()
    rig.cluster.lose(node)
    try:
        yield f"{node.name}, the leader, killed"
        await rig.cluster.leader()
    finally:
        rig.cluster.revive(node)


@asynccontextmanager
async def cut_off_leader(rig: Rig, _: random.Random) -> AsyncIterator[str]:
    """The leader's standbys hear nothing of it any more, and then it is gone."""
    node = await rig.cluster.leader()
    await node.replication.become("drop")
    try:
        await asyncio.sleep(3)
        rig.cluster.lose(node)
        # What was on its way is lost with it.
        await node.replication.become("reset")
        yield f"{node.name}, the leader, cut off and killed"
        await rig.cluster.leader()
    finally:
        await node.replication.become("pass")
        rig.cluster.revive(node)


@asynccontextmanager
async def frozen_leader(rig: Rig, _: random.Random) -> AsyncIterator[str]:
    """The machine that leads stands still for less than a lease, and goes on leading."""
    node = await rig.cluster.leader()
    node.signal(signal.SIGSTOP)
    try:
        yield f"{node.name}, the leader, frozen"
    finally:
        node.signal(signal.SIGCONT)


@asynccontextmanager
async def forgotten_leader(rig: Rig, _: random.Random) -> AsyncIterator[str]:
    """Patroni stands still beside a PostgreSQL that goes on; once another leads, there are two.

    Then its watchdog resets the machine: one that wakes up would take its lease back by force.
    """
    node = await rig.cluster.leader()
    assert node.process is not None
    node.process.send_signal(signal.SIGSTOP)
    try:
        yield f"{node.name}, the leader, goes on without Patroni"
        while (await rig.cluster.leader()) is node:  # noqa: ASYNC110  (nobody tells)
            await asyncio.sleep(0.5)
        await asyncio.sleep(3)
    finally:
        rig.cluster.lose(node)
        rig.cluster.revive(node)


@asynccontextmanager
async def switched_over(rig: Rig, _: random.Random) -> AsyncIterator[str]:
    """An operator lets another machine lead."""
    before = await rig.cluster.leader()
    await rig.cluster.switch_over()
    after = await rig.cluster.leader()
    yield f"switched over from {before.name} to {after.name}"


@asynccontextmanager
async def full_disk(rig: Rig, _: random.Random) -> AsyncIterator[str]:
    """The leader has no room left on its disk."""
    node = await rig.cluster.leader()
    ballast = node.folder / "ballast"
    try:
        with contextlib.closing(ballast.open("wb", buffering=0)) as file:
            try:
                while file.write(PIECE) == len(PIECE):
                    pass
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
        yield f"{node.name}, the leader, has no room"
    finally:
        ballast.unlink(missing_ok=True)


FAILOVERS: Final[tuple[Fault, ...]] = (
    *(lost_leader, cut_off_leader, forgotten_leader, switched_over),
)
OF_PROCESSES: Final[tuple[Fault, ...]] = (killed_process, frozen_process)
OTHERS: Final[tuple[Fault, ...]] = (*OF_PROCESSES, frozen_leader, spoilt_link, spoilt_link)


def deck_of(rig: Rig, draw: random.Random, *, naive: bool) -> list[Fault]:
    """Every fault there is, shuffled; for what must be caught, the one it cannot survive."""
    if naive:
        return [cut_off_leader]
    disk = [full_disk] if rig.cluster.room is not None else []
    deck: list[Fault] = [*FAILOVERS, *OTHERS, *disk]
    draw.shuffle(deck)
    return deck
