"""Periodic work: APScheduler only ticks, our own loops work and drain.

A tick sets an event; the loop behind it does rounds until one finds nothing to do. On shutdown the
ticking stops first, then every loop finishes the round it is in: nothing is cancelled mid-call.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC
from time import monotonic

import asyncpg
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from pro_service.messaging.webhooks import Webhooks
from pro_service.services import rounds
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.telling import Telling
from pro_service.services.desk import Exporting
from pro_service.services.receiving import sweep_inbound, work_off
from pro_service.services.record import Sealer
from pro_service.store.connection import Connection

log = logging.getLogger("pro_service.jobs")
ERROR_PAUSE_SECONDS = 1.0
Rounded = Callable[[str, float, bool], None]
"""Told of each round: the job, how many seconds it took, whether it failed."""


@dataclass
class Job:
    """One kind of periodic work: its id, how often it ticks (machine time), its round."""

    id: str
    seconds: float
    round: Callable[[], Awaitable[int]]
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the worker stops: a round claims nothing more then."""
    due: asyncio.Event = field(default_factory=asyncio.Event)
    idle: asyncio.Event = field(default_factory=asyncio.Event)
    """Set while no round is owed or under way."""

    async def tick(self) -> None:
        """Say that there may be something to do."""
        self.due.set()

    async def settle(self) -> None:
        """Tick, and return once a round that began after this call has found nothing to do.

        A round that fails ends the wait too: its rows stay due, and the next tick meets them again.
        """
        self.idle.clear()
        self.due.set()
        await self.idle.wait()


def make_jobs(
    connection: Connection,
    context: ServiceContext,
    sealer: Sealer,
    *,
    receiving: Connection | None = None,
    telling: Telling | None = None,
    desk: asyncpg.Pool | None = None,
    webhooks: Webhooks | None = None,
    exporting: Exporting | None = None,
) -> list[Job]:
    """The service's periodic work, in the order in which a drain runs it.

    `receiving` is a connection that may store inbound texts; without one pushes are not worked
    off, nor is the list of texts swept.
    Without `telling` no staff are told of anything; without the desk's pool, which counts, there
    is no digest. Without `webhooks` programs are told of nothing. `exporting` is what files of
    study data are made with; without it none is.
    """
    stopping = asyncio.Event()

    def go_on() -> bool:
        return not stopping.is_set()

    received = []
    if receiving is not None:
        received.append(Job("pushes", 1.0, lambda: work_off(receiving, context), stopping))
        received.append(_inbound_job(receiving, context, stopping))
    told = []
    if telling is not None:
        told.append(_tell_job(connection, context, telling, stopping))
    if telling is not None and desk is not None:
        told.append(_digest_job(connection, desk, context, telling, stopping))
    if webhooks is not None:
        told.append(_webhook_job(connection, context, webhooks, stopping))
    exports = []
    if exporting is not None:
        exports.append(_export_job(connection, context, exporting, stopping))
    return [
        Job(
            "remind",
            1.0,
            lambda: rounds.remind_round(connection, context, go_on),
            stopping,
        ),
        Job("retry", 5.0, lambda: rounds.retry_round(connection, context, go_on), stopping),
        Job("sweep", 15.0, lambda: rounds.sweep_round(connection, context, go_on), stopping),
        Job("close", 60.0, lambda: rounds.closing_round(connection, context, go_on), stopping),
        Job("call", 60.0, lambda: rounds.call_round(connection, context, go_on), stopping),
        Job("tablets", 60.0, lambda: rounds.tablet_round(connection, go_on), stopping),
        Job("tails", 300.0, lambda: rounds.tail_round(connection, context, go_on), stopping),
        Job("seal", 300.0, lambda: rounds.seal_round(connection, sealer), stopping),
        *told,
        *received,
        *exports,
    ]


def _tell_job(
    connection: Connection, context: ServiceContext, telling: Telling, stopping: asyncio.Event
) -> Job:
    def go_on() -> bool:
        return not stopping.is_set()

    return Job(
        "tell", 15.0, lambda: rounds.tell_round(connection, context, telling, go_on), stopping
    )


def _digest_job(
    connection: Connection,
    desk: asyncpg.Pool,
    context: ServiceContext,
    telling: Telling,
    stopping: asyncio.Event,
) -> Job:
    def go_on() -> bool:
        return not stopping.is_set()

    def digest() -> Awaitable[int]:
        return rounds.digest_round(connection, desk, context, telling, go_on)

    return Job("digest", 60.0, digest, stopping)


def _webhook_job(
    connection: Connection, context: ServiceContext, webhooks: Webhooks, stopping: asyncio.Event
) -> Job:
    def go_on() -> bool:
        return not stopping.is_set()

    return Job(
        "webhooks",
        10.0,
        lambda: rounds.webhook_round(connection, context, webhooks, go_on),
        stopping,
    )


def _export_job(
    connection: Connection, context: ServiceContext, exporting: Exporting, stopping: asyncio.Event
) -> Job:
    def go_on() -> bool:
        return not stopping.is_set()

    return Job(
        "exports",
        5.0,
        lambda: rounds.export_round(connection, context, exporting, go_on),
        stopping,
    )


def _inbound_job(connection: Connection, context: ServiceContext, stopping: asyncio.Event) -> Job:
    async def sweep() -> int:
        fed = 0
        for gateway in context.gateways.values():
            fed += await sweep_inbound(connection, context, gateway)
        return fed

    return Job("inbound", 300.0, sweep, stopping)


class Worker:
    """Runs the jobs until stopped."""

    def __init__(self, jobs: list[Job], rounded: Rounded = lambda *_: None) -> None:
        """Keep the jobs; nothing runs yet. `rounded` is told of each round."""
        self.jobs = jobs
        self._rounded = rounded
        self._stopping = asyncio.Event()
        self._loops: list[asyncio.Task[None]] = []
        self._scheduler: AsyncIOScheduler | None = None

    def start(self) -> None:
        """Start ticking and working inside the running loop."""
        scheduler = AsyncIOScheduler(
            timezone=UTC,
            job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None},
        )
        for job in self.jobs:
            scheduler.add_job(job.tick, "interval", seconds=job.seconds, id=job.id)
            job.due.set()
            self._loops.append(asyncio.create_task(self._work(job), name=f"job {job.id}"))
        scheduler.start()
        self._scheduler = scheduler

    async def settle(self, *ids: str) -> None:
        """Let the jobs of these ids (none named: every job) work, in order, until idle."""
        for job in self.jobs:
            if not ids or job.id in ids:
                await job.settle()

    async def stop(self) -> None:
        """Stop ticking, let every round under way finish, then return."""
        self._stopping.set()
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)
            self._scheduler = None
        for job in self.jobs:
            job.stopping.set()
            job.due.set()
        await asyncio.gather(*self._loops)
        self._loops.clear()

    async def _work(self, job: Job) -> None:
        while True:
            await job.due.wait()
            job.due.clear()
            if self._stopping.is_set():
                job.idle.set()
                return
            job.idle.clear()
            try:
                while await self._round(job) and not self._stopping.is_set():
                    log.debug("round", extra={"job": job.id})
            except Exception as error:  # A job must outlive any error: the rows stay due.
                log.error("round_failed", extra={"job": job.id, "error": type(error).__name__})
                await asyncio.sleep(ERROR_PAUSE_SECONDS)
            if not job.due.is_set():
                job.idle.set()

    async def _round(self, job: Job) -> int:
        began, failed = monotonic(), True
        try:
            done = await job.round()
            failed = False
            return done
        finally:
            self._rounded(job.id, monotonic() - began, failed)
