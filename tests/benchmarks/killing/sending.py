"""A worker killed at any moment loses and doubles no text, counted in the provider's book.

A worker process is ended with SIGKILL at one of fifteen named points, on a seed that also draws the
provider's faults; a further worker finishes. Then every phone has at most one text for its one
reminder, nothing is taken for sent that never was, and what may have been sent is bound to the
provider's record or shown as unconfirmed.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from multiprocessing.process import BaseProcess
from typing import Final

import asyncpg
from aiohttp.test_utils import TestServer

from pro_service.domain.delivery.rules import TEXTS_A_SECOND
from pro_service.messaging.gateways import Gateways
from pro_service.services.base.context import ServiceContext
from pro_service.services.receiving import work_off
from pro_service.store.base import operations
from pro_service.store.pools import Pools, connect, open_pools
from pro_service.web.application import build_application
from tests.benchmarks.killing.templates import Template, clone
from tests.support.killing.kill_provider import (
    KillFake,
    KillProvider,
    Trouble,
    api_of,
    make_fake,
    make_gateway,
)
from tests.support.killing.kill_worker import (
    BY_THE_FAKE,
    ONCE_A_WAVE,
    PACED,
    POINTS,
    Naive,
    Orders,
    context_of,
    run_worker,
)
from tests.support.waiting import until

PARTICIPANTS: Final = 4
SAID_TO_BE_SENT: Final = frozenset({"accepted", "sent", "delivered"})
SHOWN: Final = SAID_TO_BE_SENT | {"unconfirmed"}
AROUND_THE_CALL: Final = ("before the call", "during the call", BY_THE_FAKE, "answered")
FAULT_RATE: Final = 0.3


@dataclass
class Count:
    """What the books say after one run, or after all."""

    runs: int = 0
    killed: int = 0
    texts: int = 0
    doubles: int = 0
    lost: int = 0
    """A phone without its text that our record takes for served, or does not know about."""
    open_ends: int = 0
    """Messages neither bound nor shown, reminders still open."""
    unregistered: int = 0
    """Calls with anything but an approved template, where nothing else may go out."""
    bound: int = 0
    unconfirmed: int = 0
    notes: list[str] = field(default_factory=list)
    """Runs that broke a promise, and runs whose point was never passed."""

    def add(self, other: Count) -> None:
        """Both together."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)

    @property
    def sound(self) -> bool:
        """Whether nothing was doubled, lost, left open or sent without its registration."""
        return not (self.doubles or self.lost or self.open_ends or self.unregistered)

    def __str__(self) -> str:
        """One line."""
        return (
            f"{self.runs} runs, {self.killed} killed, {self.texts} texts accepted: "
            f"{self.doubles} doubles, {self.lost} lost, {self.open_ends} left open, "
            f"{self.unregistered} without registration; "
            f"{self.bound} bound, {self.unconfirmed} shown as unconfirmed"
        )


@asynccontextmanager
async def provider_and_web(orders: Orders, fake: KillFake) -> AsyncIterator[Orders]:
    """The fake and the web side that takes its callbacks; the orders with their addresses.

    What is pushed in batches is worked off meanwhile, and to its end.
    """

    async def ready() -> None:
        return None

    pools = await open_pools(orders.database_url, roles=["provider", "participant", "desk"])
    async with pools, TestServer(fake.application(), access_log=None) as provider:
        context = context_of(orders.keys, orders.public_url, orders.provider)
        api = api_of(fake, str(provider.make_url("")).rstrip("/"))
        gateway = make_gateway(orders.provider, api, timedelta(seconds=1))
        context.gateways = Gateways.holding(gateway)
        app = build_application(pools=pools, context=context, ready=ready)
        async with TestServer(app, access_log=None) as server:
            base = str(server.make_url("")).rstrip("/")
            context.public_url = fake.webhook_base = base
            working = asyncio.create_task(_work_off(pools, context, fake))
            yield replace(orders, api_base=api, public_url=base)
            fake.closing.set()
            await fake.drain()
            await working
            await gateway.close()


async def _work_off(pools: Pools, context: ServiceContext, fake: KillFake) -> None:
    """Work pushes off while the provider is there, one after the other."""
    while not fake.closing.is_set():
        if not await work_off(pools.provider, context):
            await asyncio.sleep(0.01)


async def work(orders: Orders, fake: KillFake | None = None) -> bool:
    """Run one worker process to its end; whether it was killed."""
    forkserver = multiprocessing.get_context("forkserver")
    forkserver.set_forkserver_preload(["tests.support.killing.kill_worker"])
    process = forkserver.Process(target=run_worker, args=(orders,), daemon=True)
    process.start()
    if fake is not None and orders.point == BY_THE_FAKE:
        fake.kill_after(orders.hit, lambda: os.kill(process.pid or 0, signal.SIGKILL))
    killed = await was_killed(process)
    if fake is not None:
        # One that ended before it passed its point is not there to be killed any more.
        fake.kill_after(sys.maxsize, lambda: None)
    return killed


async def was_killed(process: BaseProcess) -> bool:
    """Wait for a process to end; whether by SIGKILL. Raises RuntimeError for any other failure."""
    # Waited for on this thread: starting another process asks after all of them, and two threads
    # that ask after one at once would spoil its exit code.
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(process.sentinel, ended.set)
    await ended.wait()
    loop.remove_reader(process.sentinel)
    process.join()
    code = process.exitcode
    process.close()
    if code not in (0, -signal.SIGKILL):
        raise RuntimeError(f"A process ended with {code}.")
    return code == -signal.SIGKILL


async def run_once(
    template: Template, point: str, seed: int, *, naive: Naive | None = None
) -> Count:
    """One worker killed at a point on a seed, others to finish, and the count."""
    draw = random.Random(f"{seed} {point}")
    # What is claimed again must have been refused before.
    refused_first = PARTICIPANTS if point == "claimed again" else 0
    trouble = Trouble(seed, 0.0 if naive else FAULT_RATE, refused_first)
    fake = make_fake(template.provider, trouble, template.approved)
    async with clone(template) as database_url:
        orders = Orders(
            database_url,
            "",
            template.keys,
            "",
            seed=seed,
            point=point,
            hit=1 if point in ONCE_A_WAVE else draw.randint(1, PARTICIPANTS - 1),
            naive=naive,
            provider=template.provider,
        )
        async with provider_and_web(orders, fake) as ready:
            killed = await work(ready, fake)
            owner = await connect(database_url, role="pro_owner", actor="test:owner")
            try:
                await _finish(owner, replace(ready, point=None))
                await fake.drain()
                await _pushes_worked_off(owner)
                count = await _count(owner, fake, template.phones)
            finally:
                await owner.close()
    count.runs, count.killed = 1, int(killed)
    if not count.sound or not killed:
        count.notes.append(f"{point}, seed {seed}: {count}")
    return count


async def _finish(owner: asyncpg.Connection[asyncpg.Record], orders: Orders) -> None:
    """Let the dead worker's leases run out, and further workers finish: first now, then later.

    Later once more where the provider could not be asked in time, as on a machine that is busy.
    """
    for minutes in (0, 10, 10, 10):
        # As half a minute of machine time would; a write under way at the kill may still commit.
        await asyncio.sleep(0.02)
        await owner.execute(
            "UPDATE pro.messages SET lease_until = clock_timestamp() - interval '1 second'"
            " WHERE state = 'sending'"
        )
        if minutes:
            now = await operations.get_study_time(owner)
            await operations.move_clock(owner, now + timedelta(minutes=minutes))
        await work(orders)
        unknown = "SELECT count(*) FROM pro.messages WHERE state IN ('sending', 'ambiguous')"
        if minutes and await owner.fetchval(unknown) == 0:
            return


async def _pushes_worked_off(owner: asyncpg.Connection[asyncpg.Record]) -> None:
    """Wait until whoever works pushes off has none left."""
    waiting = "SELECT count(*) FROM pro.provider_pushes WHERE worked_at IS NULL"

    async def none_left() -> bool:
        return bool(await owner.fetchval(waiting) == 0)

    await until(none_left)


async def _count(
    owner: asyncpg.Connection[asyncpg.Record], fake: KillFake, phones: Sequence[str]
) -> Count:
    """Compare the provider's book with ours."""
    accepted = fake.references()
    sent = {phone: len(fake.sent_to(phone)) for phone in phones}
    rows = await owner.fetch("SELECT id::text, state, provider_id FROM pro.messages")
    open_reminders = await owner.fetchval(
        "SELECT count(*) FROM pro.reminders WHERE ended_at IS NULL AND due_at <= pro.now()"
    )
    ids = fake.ids()
    count = Count(texts=sum(sent.values()), unregistered=fake.unregistered)
    count.doubles = sum(max(0, number - 1) for number in sent.values())
    served = [row for row in rows if row["state"] in SHOWN]
    count.lost = sum(
        row["state"] in SAID_TO_BE_SENT and accepted[row["id"]] == 0 for row in rows
    ) + max(0, len(phones) - max(len(served), sum(map(bool, sent.values()))))
    count.bound = sum(row["provider_id"] in ids for row in rows)
    count.unconfirmed = sum(row["state"] == "unconfirmed" for row in rows)
    count.open_ends = open_reminders + sum(
        row["state"] not in SHOWN
        or (row["state"] != "unconfirmed" and row["provider_id"] not in ids)
        for row in rows
    )
    return count


def points_of(provider: KillProvider) -> tuple[str, ...]:
    """The points a worker passes with this provider."""
    return POINTS if provider in TEXTS_A_SECOND else tuple(p for p in POINTS if p not in PACED)


async def prove(
    template: Template,
    seeds: Sequence[int],
    *,
    naive: Naive | None = None,
    points: Sequence[str] | None = None,
) -> Count:
    """Every point (or these) on every seed, two at a time."""
    total = Count()
    gate = asyncio.Semaphore(2)

    async def one(point: str, seed: int) -> None:
        async with gate:
            total.add(await run_once(template, point, seed, naive=naive))

    points = points or (AROUND_THE_CALL if naive else points_of(template.provider))
    await asyncio.gather(*(one(point, seed) for seed in seeds for point in points))
    return total
