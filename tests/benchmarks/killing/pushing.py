"""A receiver of pushed batches killed at any moment loses and doubles nothing in them.

The process that takes a provider's batches and works them off is ended with SIGKILL at a named
point on a seed, and another takes its place. The provider pushes until it is acknowledged, some
batches twice, some with an element that nobody can read. Then every text of an acknowledged push is
stored once, who asked for no more texts is held back once, every text of ours whose receipt was
acknowledged has arrived, once, and what could not be read is kept for somebody to look at. None of
it is ever taken for an answer.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from multiprocessing.process import BaseProcess
from typing import Any, Final

import asyncpg

from pro_service.store.pools import connect
from tests.benchmarks.killing.receiving import kept_port
from tests.benchmarks.killing.sending import was_killed
from tests.benchmarks.killing.templates import Template, clone
from tests.support.china import aliyun, tencent
from tests.support.china.account import PROVIDERS, ChinaName
from tests.support.china.faults import ChinaFake, Taken
from tests.support.killing.kill_pushes import POINTS, PushOrders, run_push_receiver
from tests.support.waiting import until

SAID: Final = ("膝盖有点肿", "TD", "请回电")
"""What every participant writes: words for a reader, no more texts, and words again."""
SPOILT: Final = 0.3
"""The share of batches with an element nobody can read; as many are pushed twice."""


@dataclass
class Count:
    """What the books say after one run, or after all."""

    runs: int = 0
    killed: int = 0
    pushes: int = 0
    """Batches that were acknowledged."""
    texts: int = 0
    """Texts in them."""
    receipts: int = 0
    """Texts of ours whose receipt is in one."""
    lost: int = 0
    """Texts not stored, receipts that moved nothing, stops that hold nobody back, spoilt batches
    that nobody is shown."""
    doubles: int = 0
    """Texts and receipts stored twice, numbers held back twice."""
    answers: int = 0
    """Texts taken for an answer: unsigned ones never are."""
    open_ends: int = 0
    """Batches not worked off in the end."""
    notes: list[str] = field(default_factory=list)

    def add(self, other: Count) -> None:
        """Both together."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)

    @property
    def sound(self) -> bool:
        """Whether nothing was lost, doubled, taken for an answer, or left open."""
        return not (self.lost or self.doubles or self.answers or self.open_ends)

    def __str__(self) -> str:
        """One line."""
        return (
            f"{self.runs} runs, {self.killed} killed, {self.pushes} batches acknowledged with"
            f" {self.texts} texts and {self.receipts} receipts: {self.lost} lost,"
            f" {self.doubles} doubles, {self.answers} taken for answers,"
            f" {self.open_ends} not worked off"
        )


class _Receiver:
    """The process that takes pushes; another follows whenever one has died."""

    def __init__(self, orders: PushOrders) -> None:
        self.up = asyncio.Event()
        self.killed = 0
        self._orders = orders
        self._process: BaseProcess | None = None
        self._stopping = False

    async def run(self) -> None:
        """Keep one process running until stopped; only the first has a point to die at."""
        context = multiprocessing.get_context("forkserver")
        orders, loop = self._orders, asyncio.get_running_loop()
        while not self._stopping:
            ours, theirs = context.Pipe(duplex=False)
            process = context.Process(target=run_push_receiver, args=(orders, theirs), daemon=True)
            process.start()
            theirs.close()
            self._process = process
            said = asyncio.Event()
            loop.add_reader(ours.fileno(), said.set)
            await said.wait()
            loop.remove_reader(ours.fileno())
            self.up.set()
            await was_killed(process)
            self._process = None
            self.up.clear()
            ours.close()
            self.killed += not self._stopping
            orders = replace(orders, point=None)

    def stop(self) -> None:
        """End it, and let no other follow."""
        self._stopping = True
        if self._process is not None:
            self._process.kill()


@dataclass
class _Provider:
    """The provider's end: what it pushed, and what of it was acknowledged."""

    name: ChinaName
    fake: ChinaFake
    receiver: _Receiver
    draw: random.Random
    said: dict[str, list[str]] = field(default_factory=dict)
    """The texts of acknowledged batches, by eleven digits."""
    told: set[str] = field(default_factory=set)
    """Our messages whose receipts were acknowledged."""
    spoilt: int = 0
    pushes: int = 0
    numbers: int = 0

    async def say(self, number: str, words: str) -> None:
        """A phone's text, pushed until it is acknowledged."""
        self.numbers += 1
        text = _inbound(self.name, number, words, self.numbers)
        # Aliyun's batches are arrays, Tencent's an object alone: one that cannot be read is whole.
        spoilt = self.draw.random() < SPOILT
        batch: Any = (
            [{"unexpected": self.numbers}, text]
            if self.name == "aliyun" and spoilt
            else ([text] if self.name == "aliyun" else text)
        )
        for _ in range(1 + (self.draw.random() < SPOILT)):
            await self._push("inbound", batch)
            if words not in self.said.setdefault(number, []):
                self.said[number].append(words)
            self.spoilt += self.name == "aliyun" and spoilt

    async def tell(self, taken: Taken) -> None:
        """A text of ours has arrived: its receipt, pushed until it is acknowledged."""
        elements: list[Any] = [self.fake.receipt(taken)]
        if self.draw.random() < SPOILT:
            elements.insert(0, {"unexpected": taken.id})
        for _ in range(1 + (self.draw.random() < SPOILT)):
            await self._push("receipts", elements)
            self.told.add(taken.reference)
            self.spoilt += len(elements) - 1

    async def _push(self, kind: str, batch: Any) -> None:
        # In vain while nobody listens; a minute later, as the provider tries, somebody does.
        while not await self.fake.push(kind, batch):
            await self.receiver.up.wait()
        self.pushes += 1


def _inbound(name: ChinaName, number: str, words: str, sequence: int) -> dict[str, Any]:
    if name == "aliyun":
        return aliyun.inbound(number, words, str(sequence))
    return tencent.inbound(number, words, 1_767_600_000 + sequence)


async def run_once(template: Template, point: str, seed: int) -> Count:
    """One receiver killed at a point on a seed, another to finish, and the count."""
    assert template.provider in PROVIDERS
    draw = random.Random(f"{seed} {point}")
    fake = PROVIDERS[template.provider].fake(None)
    async with kept_port() as port, clone(template) as url:
        fake.webhook_base = f"http://127.0.0.1:{port}"
        orders = PushOrders(
            url,
            template.provider,
            template.keys,
            fake.webhook_base,
            port,
            seed,
            point=point,
            hit=draw.randint(1, len(template.phones)),
        )
        owner = await connect(url, role="pro_owner", actor="test:owner")
        try:
            count = await _live(template, orders, fake, owner, draw)
        finally:
            await owner.close()
            fake.closing.set()
            await fake.drain()
    count.runs = 1
    if not count.sound or not count.killed:
        count.notes.append(f"{point}, seed {seed}: {count}")
    return count


async def _live(
    template: Template,
    orders: PushOrders,
    fake: ChinaFake,
    owner: asyncpg.Connection[asyncpg.Record],
    draw: random.Random,
) -> Count:
    receiver = _Receiver(orders)
    provider = _Provider(orders.provider, fake, receiver, draw)
    running = asyncio.create_task(receiver.run())

    async def talk(number: str) -> None:
        for words in SAID:
            await provider.say(number, words)

    async def all_done() -> bool:
        waiting = "SELECT count(*) FROM pro.provider_pushes WHERE worked_at IS NULL AND tries < 8"
        return bool(await owner.fetchval(waiting) == 0)

    try:
        told = [provider.tell(one) for one in template.taken]
        talks = [talk(one.removeprefix("+86")) for one in template.phones]
        await asyncio.gather(*talks, *told)
        await receiver.up.wait()
        await until(all_done)
    finally:
        receiver.stop()
        await running
    count = await _count(owner, provider)
    count.killed = int(bool(receiver.killed))
    return count


async def _count(owner: asyncpg.Connection[asyncpg.Record], provider: _Provider) -> Count:
    """Compare what was acknowledged with the record."""
    stored = Counter(await owner.fetchval("SELECT array_agg(provider_id) FROM pro.inbounds") or [])
    count = Count(pushes=provider.pushes, texts=sum(map(len, provider.said.values())))
    # A batch that was kept and never acknowledged is stored all the same: nothing is lost by it.
    count.lost += max(0, count.texts - len(stored))
    count.doubles += sum(number - 1 for number in stored.values())
    stopped = sum("TD" in said for said in provider.said.values())
    held = await owner.fetchval(
        "SELECT count(DISTINCT l.their_index) FROM pro.opt_outs AS o"
        " JOIN pro.lines AS l ON l.id = o.line_id WHERE o.ended_at IS NULL"
    )
    twice = await owner.fetchval("SELECT count(*) FROM pro.opt_outs WHERE ended_at IS NULL")
    count.lost += max(0, stopped - held)
    count.doubles += twice - held
    shown = await owner.fetchval("SELECT count(*) FROM pro.provider_pushes WHERE broken > 0")
    count.lost += max(0, provider.spoilt - shown)
    arrived = await owner.fetch(
        "SELECT m.id::text, m.state, (SELECT count(*) FROM pro.delivery_receipts AS r"
        " WHERE r.message_id = m.id) AS receipts FROM pro.messages AS m WHERE m.kind = 'reminder'"
    )
    count.receipts = len(provider.told)
    by_id = {row["id"]: row for row in arrived}
    count.lost += sum(by_id[one]["state"] != "delivered" for one in provider.told)
    count.doubles += sum(max(0, row["receipts"] - 1) for row in arrived)
    count.answers = await owner.fetchval("SELECT count(*) FROM pro.responses")
    count.open_ends = await owner.fetchval(
        "SELECT count(*) FROM pro.provider_pushes WHERE worked_at IS NULL"
    )
    return count


def _warm_up() -> None:
    """Let what starts the processes load, while nothing waits for this one's loop."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([run_push_receiver.__module__])
    first = context.Process(target=int)
    first.start()
    first.join()


async def prove(
    template: Template, seeds: Sequence[int], *, points: Sequence[str] = POINTS
) -> Count:
    """Every point on every seed, two at a time."""
    _warm_up()
    total = Count()
    gate = asyncio.Semaphore(2)

    async def one(point: str, seed: int) -> None:
        async with gate:
            total.add(await run_once(template, point, seed))

    await asyncio.gather(*(one(point, seed) for seed in seeds for point in points))
    return total
