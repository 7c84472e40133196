"""A wave of nudges that can come again and again: everybody's first nudge of the open visit is due.

Rows are put back by a superuser without triggers, between rounds and outside the measuring.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import asyncpg
from pydantic import SecretStr

from pro_service.catalog.channel_files import load_channels
from pro_service.catalog.instrument_files import load_instruments
from pro_service.jobs import Job, make_jobs
from pro_service.messaging.gateway import Accepted, OutboundText
from pro_service.messaging.gateways import Gateways
from pro_service.messaging.simulator import wire
from pro_service.messaging.simulator.gateway import SimulatorGateway
from pro_service.services.base.context import ServiceContext
from pro_service.services.record import Sealer
from pro_service.store.pools import Pools, open_pools
from pro_service.texts.catalogue import load_texts
from pro_service.vault.signing import SigningRing
from tests.benchmarks.measuring.service import SECRET
from tests.benchmarks.measuring.world import World
from tests.support.large import MESSAGES, row_id

OURS: Final = row_id(MESSAGES + 1, 0)
"""Ids of messages made since are above it."""
BEFORE: Final = (
    "DELETE FROM pro.reminders WHERE visit_id = ANY ($1::uuid[]) AND ordinal > 1",
    "UPDATE pro.reminders SET ended_at = pro.now(), end_reason = 'answered'"
    " WHERE ended_at IS NULL AND due_at <= pro.now() + interval '1 hour'",
    "UPDATE pro.messages SET claimed_at = claimed_at - interval '5 days',"
    " recorded_at = recorded_at - interval '5 days'",
)
"""Nobody else is due, and nobody was texted today."""
AGAIN: Final = (
    f"DELETE FROM pro.message_keys WHERE message_id > '{OURS}'",
    f"DELETE FROM pro.messages WHERE id > '{OURS}'",
    "DELETE FROM pro.reminders WHERE visit_id = ANY ($1::uuid[]) AND ordinal > 1",
    "UPDATE pro.reminders SET ended_at = NULL, end_reason = NULL, message_id = NULL,"
    " due_at = pro.now() - interval '1 minute' WHERE visit_id = ANY ($1::uuid[]) AND ordinal = 1",
)


BOUND: Final = 3.0
"""Seconds after which a round claims nothing more, as when the worker is told to stop."""


class CountingGateway(SimulatorGateway):
    """The simulator's gateway; without an address it takes every text at once."""

    def __init__(self, base: str | None = None) -> None:
        """`base` is the provider's address."""
        super().__init__(base or "http://127.0.0.1:9", SecretStr(SECRET))
        self.sent = 0
        self._calls = base is not None

    async def send(self, text: OutboundText) -> Accepted:
        """Hand it over, or take it."""
        if self._calls:
            accepted = await super().send(text)
        else:
            accepted = Accepted(provider_id=f"out-{text.message_id}")
        self.sent += 1
        return accepted


@dataclass(frozen=True)
class Wave:
    """The worker's own job on a world where everybody is due."""

    context: ServiceContext
    gateway: CountingGateway
    pools: Pools
    job: Job
    """The job `remind`."""
    again: Callable[[], Awaitable[None]]
    """Everybody is due once more."""

    async def work(self) -> int:
        """One round, of `BOUND` seconds at most; how many texts it sent, 0 once nobody is due."""
        sent = self.gateway.sent
        stop = asyncio.get_running_loop().call_later(BOUND, self.job.stopping.set)
        await self.job.round()
        stop.cancel()
        self.job.stopping.clear()
        return self.gateway.sent - sent


@asynccontextmanager
async def wave_on(world: World, provider: str | None = None) -> AsyncIterator[Wave]:
    """The job `remind` as the worker makes it, with the provider at an address or none."""
    parts = (world.vault, load_texts(), load_instruments(), load_channels())
    context = ServiceContext.of(
        *parts,
        public_url="http://127.0.0.1",
        gateways=Gateways.named(wire.NAME),
        release="benchmark",
    )
    gateway = CountingGateway(provider)
    context.gateways = Gateways.holding(gateway)
    superuser = await asyncpg.connect(world.url)

    async def again() -> None:
        await put_back(superuser, AGAIN, world.visits)
        await superuser.execute("VACUUM ANALYZE pro.reminders, pro.messages, pro.message_keys")

    try:
        async with await open_pools(world.url, roles=["worker"]) as pools:
            sealer = Sealer(SigningRing.generate())
            jobs = make_jobs(pools.worker, context, sealer)
            remind = next(job for job in jobs if job.id == "remind")
            await put_back(superuser, BEFORE, world.visits)
            await superuser.execute("VACUUM FULL pro.messages")
            await again()
            yield Wave(context, gateway, pools, remind, again)
    finally:
        await gateway.close()
        await superuser.close()


async def put_back(
    superuser: asyncpg.Connection, statements: tuple[str, ...], visits: list[UUID]
) -> None:
    """Run them without triggers; `$1` is the open visits."""
    async with superuser.transaction():
        await superuser.execute("SET LOCAL session_replication_role = replica")
        for statement in statements:
            await superuser.execute(statement, *([visits] if "$1" in statement else []))
