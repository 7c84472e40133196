"""The rig put together: cluster, processes, the ways between them, participants and provider."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from uuid import UUID

import asyncpg
from aiohttp import web

from pro_service.domain.errors import ProServiceError
from pro_service.store.base import operations
from pro_service.store.ids import new_id
from pro_service.store.pools import connect
from pro_service.vault.signing import SigningRing
from tests.benchmarks.measuring.filling import ACTOR, fill
from tests.benchmarks.measuring.waves import AGAIN, BEFORE, put_back
from tests.benchmarks.measuring.world import World, move_to_the_morning
from tests.rig.books import SECRET, Acknowledged, Provider
from tests.rig.checks import UNFINISHED, Verdict, compare
from tests.rig.clients import Doors, Phone, Walker
from tests.rig.cluster import Cluster
from tests.rig.processes import Process, settings_of
from tests.rig.proxy import Link
from tests.support.command import free_port

DATABASE: Final = "pro"
PUBLIC_URL: Final = "http://127.0.0.1:8080"
SERVERS: Final = 2
WORKERS: Final = 2
WALKERS: Final = 4
PHONES: Final = 12
RECOVERY: Final = 60.0
"""Seconds after a fault's end within which everything is served again."""
LATE: Final = 3.0
"""Seconds a nudge may be due before sending counts as standing still."""
FAR_OFF: Final = (
    "UPDATE pro.reminders SET due_at = pro.now() + interval '6 hours'"
    " WHERE visit_id = ANY ($1::uuid[]) AND ordinal = 1"
)
SPREAD: Final = (
    "UPDATE pro.reminders SET due_at = pro.now() + random() * make_interval(secs => {seconds})"
    " WHERE visit_id = ANY ($1::uuid[]) AND ordinal = 1 AND ended_at IS NULL"
)
"""Everybody's nudge falls due once while the rig runs."""
GOES: Final = """
SELECT NOT pro.sending_is_held() AND NOT EXISTS (SELECT FROM pro.reminders
    WHERE ended_at IS NULL AND due_at < pro.now() - make_interval(secs => $1))
"""
LEASES_OVER: Final = (
    "UPDATE pro.messages SET lease_until = clock_timestamp() - interval '1 second'"
    " WHERE state = 'sending'"
)
IN_HAND: Final = "SELECT count(*) FROM pro.messages WHERE state = ANY ($1::text[])"


@dataclass
class Rig:
    """What faults act on, and what is counted."""

    cluster: Cluster
    world: World
    doors: Doors
    provider: Provider
    servers: list[Process]
    workers: list[Process]
    book: Acknowledged = field(default_factory=Acknowledged)
    begun_at: UUID = field(default_factory=new_id)
    minutes: float = 1.0
    pause: float = 0.5
    slowest: float = 0.0
    """Seconds the longest recovery took."""
    unrecovered: list[str] = field(default_factory=list)
    strayed: list[str] = field(default_factory=list)

    @property
    def processes(self) -> list[Process]:
        """All of the service's."""
        return [*self.servers, *self.workers]

    @property
    def links(self) -> list[Link]:
        """Every way there is between two processes."""
        inside = [way for node in self.cluster.nodes for way in (node.replication, node.etcd)]
        return [*inside, *self.doors.links, *(way for one in self.processes for way in one.ways)]

    async def connect(self) -> asyncpg.Connection:
        """To the leader, past every link."""
        leader = await self.cluster.leader()
        return await connect(url_of(leader.port), role=None, actor=ACTOR)

    async def recovered(self, fault: str) -> float | None:
        """Wait until every server keeps answers again and no nudge is late; seconds it took."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(RECOVERY):
                while not await self._serves_since(began):  # noqa: ASYNC110  (nobody tells)
                    await asyncio.sleep(0.2)
        except TimeoutError:
            self.unrecovered.append(fault)
            return None
        took = time.monotonic() - began
        self.slowest = max(self.slowest, took)
        return took

    async def _serves_since(self, began: float) -> bool:
        if not all(at > began for at in self.doors.served.values()):
            return False
        try:
            owner = await self.connect()
            try:
                return bool(await owner.fetchval(GOES, LATE))
            finally:
                await owner.close(timeout=2)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ProServiceError):
            return False

    async def settle(self) -> None:
        """Let all that is under way come to its end: leases, look-ups, texts of unknown fate."""
        await asyncio.sleep(12)  # As long as a call to the provider may take, and a tick.
        owner = await self.connect()
        try:
            await owner.execute(LEASES_OVER)
            await asyncio.sleep(5)
            now = await operations.get_study_time(owner)
            await operations.move_clock(owner, now + timedelta(minutes=11))
            for _ in range(120):
                if not await owner.fetchval(IN_HAND, list(UNFINISHED)):
                    return
                await asyncio.sleep(0.5)
            self.unrecovered.append("texts under way did not come to an end")
        finally:
            await owner.close()

    async def judge(self) -> Verdict:
        """What was promised, and what is there."""
        owner = await self.connect()
        try:
            return await compare(owner, self.book, self.provider, self.begun_at)
        finally:
            await owner.close()

    async def _spread_nudges(self) -> None:
        owner = await self.connect()
        try:
            await put_back(owner, (SPREAD.format(seconds=self.minutes * 60),), self.world.visits)
        finally:
            await owner.close()

    @asynccontextmanager
    async def lived_in(self) -> AsyncIterator[None]:
        """Participants answer meanwhile."""
        await self._spread_nudges()
        over, links = asyncio.Event(), iter(self.world.tokens()[0::3])
        walkers = [Walker(self.doors, self.book, self.pause, f"{n}") for n in range(WALKERS)]
        phones = [
            Phone(one, self.provider, self.book) for one in self.world.phones()[1::3][:PHONES]
        ]
        async with asyncio.TaskGroup() as everybody:
            for walker in walkers:
                everybody.create_task(walker.walk(links, over))
            for phone in phones:
                everybody.create_task(phone.talk(over))
            try:
                yield
            finally:
                over.set()
        self.strayed += [line for walker in walkers for line in walker.lost_its_way]


def url_of(port: int) -> str:
    """The service's database on one node."""
    return f"postgresql://postgres@127.0.0.1:{port}/{DATABASE}"


@asynccontextmanager
async def rig_on(cluster: Cluster, participants: int) -> AsyncIterator[Rig]:
    """Fill a database of the cluster and start everything on it; all ended afterwards."""
    leader = await cluster.leader()
    superuser = await asyncpg.connect(f"postgresql://postgres@127.0.0.1:{leader.port}/postgres")
    await superuser.execute(f"CREATE DATABASE {DATABASE}")
    await superuser.close()
    keys = await fill(url_of(leader.port), participants, answers=1)
    world = World(url_of(leader.port), keys, participants)
    await move_to_the_morning(world.url)
    await _make_due(world, FAR_OFF)
    async with AsyncExitStack() as stack:
        provider = Provider(PUBLIC_URL)
        port = await stack.enter_async_context(_served(provider))
        stack.push_async_callback(provider.close)
        journal = cluster.folder / "journal"
        settings = settings_of(
            keys,
            SigningRing.generate().reveal(),
            journal,
            public_url=PUBLIC_URL,
            secret=SECRET.get_secret_value(),
        )
        rig = Rig(cluster, world, Doors([]), provider, [], [])
        for number in range(SERVERS):
            listens = free_port()
            words = ("serve", "--port", str(listens))
            rig.servers.append(await _process(cluster, f"serve{number + 1}", words, settings, port))
            rig.doors.links.append(Link(f"client>serve{number + 1}", listens))
        for number in range(WORKERS):
            name = f"worker{number + 1}"
            rig.workers.append(await _process(cluster, name, ("worker",), settings, port))
        rig.doors.served |= dict.fromkeys((one.name for one in rig.doors.links), 0.0)
        provider.doors = rig.doors.links
        for link in rig.doors.links:
            await link.open()
        try:
            for process in rig.processes:
                await process.start()
            yield rig
        finally:
            for process in rig.processes:
                process.lose()
            for link in rig.links:
                await link.close()


async def _process(
    cluster: Cluster, name: str, words: tuple[str, ...], settings: dict[str, str], provider: int
) -> Process:
    """A process with ways of its own to every node and to the provider."""
    ways = [Link(f"{name}>{node.name}", node.port) for node in cluster.nodes]
    ways.append(Link(f"{name}>provider", provider))
    for way in ways:
        await way.open()
    hosts = ",".join(f"127.0.0.1:{way.port}" for way in ways[:-1])
    own = {
        "PRO_DATABASE_URL": f"postgresql://postgres@{hosts}/{DATABASE}"
        "?target_session_attrs=read-write",
        "PRO_SIMULATOR_URL": f"http://127.0.0.1:{ways[-1].port}",
    }
    return Process(name, words, settings | own, ways)


async def _make_due(world: World, *further: str) -> None:
    """Everybody's first nudge is open again, and no other; `further` says when it falls due."""
    superuser = await asyncpg.connect(world.url)
    try:
        await put_back(superuser, (*BEFORE, *AGAIN, *further), world.visits)
    finally:
        await superuser.close()


@asynccontextmanager
async def _served(provider: Provider) -> AsyncIterator[int]:
    """The provider's API on a port."""
    runner = web.AppRunner(provider.application(), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()
