"""A receiver killed at any moment loses and doubles no text, counted in the provider's book.

A process that takes webhooks is ended with SIGKILL at a named point on a seed, and another takes
its place. The provider tries again as Twilio does with `#rc=5&rp=all`, or gives a text up, which
the sweep then finds in its list; the sweep is killed too. Then every text is stored once, its
answer is credited once and in order, and whatever was acknowledged twice was answered the same.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import random
import socket
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from multiprocessing.process import BaseProcess
from typing import Final

import asyncpg
from aiohttp.test_utils import TestServer

from pro_service.store.pools import connect
from tests.benchmarks.killing.sending import PARTICIPANTS, was_killed
from tests.benchmarks.killing.templates import Template, clone
from tests.support.killing.kill_receiver import (
    NAIVE_POINT,
    POINTS,
    REPLY_LOST,
    SWEEP_POINTS,
    NaiveReceiver,
    ReceiverOrders,
    run_receiver,
    run_sweep,
)
from tests.support.study import SENDER
from tests.support.twilio.fake import TwilioFake
from tests.support.twilio.taken import Taken

TRIES: Final = 6
"""One, and five more: what the webhook's address asks Twilio for."""
GIVEN_UP: Final = 0.25
"""The share of texts that are tried once only."""
SAID: Final = ("4", "6", "2")
"""What every participant answers, one text after the other."""


@dataclass
class Count:
    """What the books say after one run, or after all."""

    runs: int = 0
    killed: int = 0
    texts: int = 0
    acknowledged: int = 0
    swept: int = 0
    """Texts that no webhook brought, found in the provider's list."""
    lost: int = 0
    """Texts not stored, or whose answer is credited to no question."""
    doubles: int = 0
    """Texts stored twice, answers credited twice, replies sent twice."""
    changed: int = 0
    """Texts acknowledged more than once with different words."""
    unanswered: int = 0
    """Texts without a reply, in the webhook's answer or through the queue."""
    unheard: int = 0
    """Texts stored by a receiver that died before answering, and then given up: their reply, though
    written down, reached nobody. It must be shown as unconfirmed; the next reminder asks again."""
    unshown: int = 0
    """Those of them that the record takes for said."""
    notes: list[str] = field(default_factory=list)
    """Runs that broke a promise, and runs whose point was never passed."""

    def add(self, other: Count) -> None:
        """Both together."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)

    @property
    def sound(self) -> bool:
        """Whether nothing was lost, doubled, changed or left without a reply, or is not shown."""
        return not (self.lost or self.doubles or self.changed or self.unanswered or self.unshown)

    def __str__(self) -> str:
        """One line."""
        return (
            f"{self.runs} runs, {self.killed} killed, {self.texts} texts from phones,"
            f" {self.acknowledged} acknowledged, {self.swept} found by the sweep: {self.lost} lost,"
            f" {self.doubles} doubles, {self.changed} answered differently,"
            f" {self.unanswered} unanswered, {self.unheard} replies unheard,"
            f" {self.unshown} of them not shown"
        )


class Receiver:
    """The process that takes webhooks; another follows whenever one has died."""

    def __init__(self, orders: ReceiverOrders) -> None:
        """Nothing runs yet."""
        self.up = asyncio.Event()
        self.killed = 0
        self._orders = orders
        self._process: BaseProcess | None = None
        self._stopping = False

    async def run(self) -> None:
        """Keep one process running until stopped; only the first has a point to die at."""
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(
            ["tests.support.killing.kill_receiver", "tests.support.killing.kill_worker"]
        )
        orders = self._orders
        while not self._stopping:
            ours, theirs = context.Pipe(duplex=False)
            process = context.Process(target=run_receiver, args=(orders, theirs), daemon=True)
            process.start()
            theirs.close()
            self._process = process
            loop = asyncio.get_running_loop()
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

    def kill(self) -> None:
        """SIGKILL to the present process."""
        if self._process is not None:
            self._process.kill()

    def stop(self) -> None:
        """End it, and let no other follow."""
        self._stopping = True
        self.kill()


class Phones:
    """The participants, each with one text under way at a time, and the provider between."""

    def __init__(self, fake: TwilioFake, receiver: Receiver, orders: ReceiverOrders) -> None:
        """Nothing has been said yet."""
        self.heard: dict[str, list[bytes]] = defaultdict(list)
        """Webhooks' answers by text, each one whole."""
        self.said: dict[str, list[Taken]] = defaultdict(list)
        self._fake = fake
        self._receiver = receiver
        self._random = random.Random(f"phones {orders.seed} {orders.point}")
        self._given_up: set[str] = set()
        self._share_given_up = 0.0 if orders.naive else GIVEN_UP  # nothing sweeps after those
        self._deaf_in = orders.hit if orders.point == REPLY_LOST else 0

    async def talk(self, phone: str) -> None:
        """Say what is left to say, until the provider gives a text up."""
        for words in SAID[len(self.said[phone]) :]:
            sid = f"SM{self._random.getrandbits(128):032x}"
            came = Taken(sid, "inbound", SENDER, phone, words, status="received")
            self._fake.taken.append(came)
            self.said[phone].append(came)
            if not await self._deliver(came):
                return

    async def _deliver(self, came: Taken) -> bool:
        tries = 1 if self._random.random() < self._share_given_up else TRIES
        for _ in range(tries):
            await self._receiver.up.wait()
            body = await self._fake.ask_inbound(came)
            if body is not None and not self._misses_it():
                self.heard[came.sid].append(body)
                self._fake.pass_on(came, body)
                return True
        return False

    def _misses_it(self) -> bool:
        """Whether this answer is the one that is lost on the way, with the process that gave it."""
        self._deaf_in -= 1
        if self._deaf_in != 0:
            return False
        self._receiver.kill()
        return True

    def anything_new_given_up(self) -> bool:
        """Whether the provider gave a text up since this was last asked."""
        given_up = {one.sid for said in self.said.values() for one in said} - set(self.heard)
        fresh = given_up - self._given_up
        self._given_up = given_up
        return bool(fresh)

    async def hear_again(self) -> None:
        """The provider posts everything acknowledged once more, as after a lost answer."""
        for each in self.said.values():
            for came in each:
                if came.sid in self.heard:
                    body = await self._fake.ask_inbound(came)
                    if body is not None:
                        self.heard[came.sid].append(body)


@asynccontextmanager
async def kept_port() -> AsyncIterator[int]:
    """A port for processes that follow each other, all with `reuse_port`: nobody else gets it.

    Between two of them a connection to somewhere else might start from it.
    """
    with socket.socket() as kept:
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        kept.bind(("127.0.0.1", 0))
        yield kept.getsockname()[1]


async def run_once(
    template: Template, point: str, seed: int, *, naive: NaiveReceiver | None = None
) -> Count:
    """One receiver or sweep killed at a point on a seed, others to finish, and the count."""
    draw = random.Random(f"{seed} {point}")
    fake = TwilioFake()
    async with (
        kept_port() as port,
        clone(template) as database_url,
        TestServer(fake.application(), access_log=None) as provider,
    ):
        fake.webhook_base = f"http://127.0.0.1:{port}"
        orders = ReceiverOrders(
            database_url,
            str(provider.make_url("")).rstrip("/"),
            template.keys,
            fake.webhook_base,
            port,
            seed,
            point=point,
            hit=1 if point in SWEEP_POINTS else draw.randint(1, PARTICIPANTS),
            naive=naive,
        )
        owner = await connect(database_url, role="pro_owner", actor="test:owner")
        try:
            if naive is not None:
                await _make_naive_table(database_url)
            count = await _live(template, orders, fake, owner)
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
    orders: ReceiverOrders,
    fake: TwilioFake,
    owner: asyncpg.Connection[asyncpg.Record],
) -> Count:
    receiver = Receiver(orders)
    phones = Phones(fake, receiver, orders)
    running = asyncio.create_task(receiver.run())
    killed = 0
    try:
        await asyncio.gather(*(phones.talk(phone) for phone in template.phones))
        if orders.point in SWEEP_POINTS:
            await _lose_one(phones, fake, template.phones[0])
        if orders.naive is None:
            killed = await _sweep(orders, phones)
            await asyncio.gather(*(phones.talk(phone) for phone in template.phones))
            await _sweep(replace(orders, point=None), phones)
            await receiver.up.wait()
            await phones.hear_again()
        else:
            await asyncio.sleep(0.1)  # what it means to store later is stored by now
    finally:
        receiver.stop()
        await running
    count = await (_count(owner, fake, phones) if orders.naive is None else _naive(owner, phones))
    count.killed = int(bool(killed + receiver.killed))
    return count


async def _lose_one(phones: Phones, fake: TwilioFake, phone: str) -> None:
    """A text whose webhook was given up at once, so that the sweep has something to find."""
    came = Taken(f"SM{len(fake.taken):032x}", "inbound", SENDER, phone, "7", status="received")
    fake.taken.append(came)
    phones.said[phone].append(came)


async def _sweep(orders: ReceiverOrders, phones: Phones) -> int:
    """Sweep, again if that was killed; how often it was."""
    if not phones.anything_new_given_up():
        return 0
    context = multiprocessing.get_context("forkserver")
    killed = 0
    while True:
        process = context.Process(target=run_sweep, args=(orders,), daemon=True)
        process.start()
        if not await was_killed(process):
            return killed
        killed += 1
        orders = replace(orders, point=None)


async def _count(
    owner: asyncpg.Connection[asyncpg.Record], fake: TwilioFake, phones: Phones
) -> Count:
    """Compare the provider's book with ours."""
    rows = await owner.fetch(
        "SELECT i.provider_id, i.reply_message_id, m.state, m.tries > 1 AS by_queue,"
        " (SELECT count(*) FROM pro.responses AS r WHERE r.inbound_id = i.id) AS answers,"
        " (SELECT min(r.value) FROM pro.responses AS r WHERE r.inbound_id = i.id) AS value"
        " FROM pro.inbounds AS i LEFT JOIN pro.messages AS m ON m.id = i.reply_message_id"
        " ORDER BY i.id"
    )
    stored = Counter(row["provider_id"] for row in rows)
    by_sid = {row["provider_id"]: row for row in rows}
    count = Count(acknowledged=len(phones.heard))
    for phone, said in phones.said.items():
        count.texts += len(said)
        count.lost += sum(
            one.sid not in by_sid or by_sid[one.sid]["value"] != int(one.body) for one in said
        )
        order = [row["provider_id"] for row in rows if row["provider_id"] in {o.sid for o in said}]
        count.lost += order != [one.sid for one in said]
        mine = [by_sid[one.sid] for one in said if one.sid in by_sid]
        queued = sum(bool(row["by_queue"]) for row in mine)
        count.swept += queued
        lost = [
            row for row in mine if not row["by_queue"] and row["provider_id"] not in phones.heard
        ]
        count.unheard += len(lost)
        count.unshown += sum(row["state"] != "unconfirmed" for row in lost)
        sent = len(fake.sent_to(phone))
        count.doubles += max(0, sent - queued)
        count.unanswered += max(0, queued - sent)
        count.unanswered += sum(row["reply_message_id"] is None for row in mine)
    count.doubles += sum(number - 1 for number in stored.values())
    count.doubles += sum(max(0, row["answers"] - 1) for row in rows)
    count.changed = sum(len(set(bodies)) > 1 for bodies in phones.heard.values())
    return count


async def _make_naive_table(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(
            "CREATE TABLE public.naive_texts (sid text);"
            "GRANT INSERT, SELECT ON public.naive_texts TO PUBLIC"
        )
    finally:
        await connection.close()


async def _naive(owner: asyncpg.Connection[asyncpg.Record], phones: Phones) -> Count:
    rows = await owner.fetch("SELECT sid FROM public.naive_texts")
    stored = Counter(row["sid"] for row in rows)
    count = Count(acknowledged=len(phones.heard), texts=sum(map(len, phones.said.values())))
    count.lost = sum(sid not in stored for sid in phones.heard)
    count.doubles = sum(number - 1 for number in stored.values())
    return count


async def prove(
    template: Template, seeds: Sequence[int], *, naive: NaiveReceiver | None = None
) -> Count:
    """Every point on every seed, two at a time."""
    total = Count()
    gate = asyncio.Semaphore(2)

    async def one(point: str, seed: int) -> None:
        async with gate:
            total.add(await run_once(template, point, seed, naive=naive))

    points = (NAIVE_POINT,) if naive else POINTS
    await asyncio.gather(*(one(point, seed) for seed in seeds for point in points))
    return total
