"""Waiting for a worker: not before a whole round has found nothing."""

from __future__ import annotations

import asyncio

from pro_service.jobs import Job, Worker

SELDOM = 3600.0


async def test_settling_waits_until_a_round_finds_nothing() -> None:
    left = [0]
    rounds = 0

    async def work() -> int:
        nonlocal rounds
        rounds += 1
        await asyncio.sleep(0)
        taken = min(left[0], 1)
        left[0] -= taken
        return taken

    worker = Worker([Job("one", SELDOM, work), Job("other", SELDOM, work)])
    worker.start()
    try:
        await worker.settle()
        left[0], rounds = 3, 0
        await worker.settle("one")
        assert left[0] == 0
        assert rounds == 4
    finally:
        await worker.stop()


async def test_settling_during_a_round_waits_for_a_round_of_its_own() -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()
    rounds = 0

    async def work() -> int:
        nonlocal rounds
        rounds += 1
        begun.set()
        await go_on.wait()
        return 0

    worker = Worker([Job("one", SELDOM, work)])
    worker.start()
    try:
        await begun.wait()
        settled = asyncio.create_task(worker.settle())
        await asyncio.sleep(0)
        go_on.set()
        await settled
        assert rounds == 2
    finally:
        await worker.stop()
