"""A worker process of the tests that ends itself with SIGKILL at a named point of its rounds.

The points are wrapped around the service's own functions here, in this process only: the service
knows nothing of them. SIGKILL leaves no time for anything: what is not committed is gone.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Literal
from uuid import UUID

from pro_service.catalog.channel_files import load_channels
from pro_service.catalog.instrument_files import load_instruments
from pro_service.domain.delivery.rules import retry_pause
from pro_service.domain.study import reminders as judged
from pro_service.messaging.gateway import GatewayError, OutboundText, status_callback_url
from pro_service.messaging.gateways import Gateways
from pro_service.services import rounds
from pro_service.services.base.context import ServiceContext
from pro_service.services.texting import delivery, reminders
from pro_service.services.texting.composing import open_number
from pro_service.store.base import participants
from pro_service.store.connection import DuplicateError
from pro_service.store.ids import new_id
from pro_service.store.pools import Pools, open_pools
from pro_service.store.texting import messages, sending
from pro_service.store.texting import reminders as stored_reminders
from pro_service.texts.catalogue import load_texts
from pro_service.vault.keys import KeyRing
from pro_service.vault.vault import Vault
from tests.support.killing.kill_provider import KillProvider, make_gateway
from tests.support.study import SENDER

BY_THE_FAKE: Final = "taken, not answered"
"""The provider's end of the call: the fake tells the harness, which kills from outside."""
POINTS: Final = (
    "wave read",
    "facts read",
    "before the claim",
    "during the claim",
    "claimed",
    "claimed alone",
    "turn taken",
    "before the call",
    "during the call",
    BY_THE_FAKE,
    "answered",
    "during the mark",
    "marked",
    "claimed again",
)
PACED: Final = frozenset({"turn taken"})
"""Points that only a worker passes whose provider has a pace for each of our addresses."""
ONCE_A_WAVE: Final = frozenset(
    {
        "wave read",
        "before the claim",
        "during the claim",
        "claimed",
        "during the mark",
        "marked",
    }
)
"""Points that a worker may pass only once, for all texts together."""
Anything = Callable[..., Any]


Naive = Literal["send first", "mark first"]
Keys = tuple[str, str, str]
"""Key rings as settings carry them: what a process can be handed."""
_TEXTS: Final = load_texts()
_INSTRUMENTS: Final = load_instruments()


def context_of(keys: Keys, public_url: str, provider: KillProvider = "twilio") -> ServiceContext:
    """A context under these keys."""
    vault = Vault(*(KeyRing.parse(ring) for ring in keys))
    parts = (vault, _TEXTS, _INSTRUMENTS, load_channels())
    return ServiceContext.of(
        *parts, public_url=public_url, gateways=Gateways.named(provider), release="test"
    )


@dataclass(frozen=True)
class Orders:
    """What one worker process is to do."""

    database_url: str
    api_base: str
    keys: Keys
    public_url: str
    seed: int
    point: str | None = None
    """Where to die; None: never."""
    hit: int = 1
    """The how-manieth passing of the point is the last."""
    naive: Naive | None = None
    """Not the service's own worker but one of those that must be caught."""
    provider: KillProvider = "twilio"


class Reaper:
    """Counts passings of the point and ends the process at the ordered one."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._left = orders.hit
        self._random = random.Random(f"{orders.point} {orders.seed}")

    def reached(self, point: str) -> bool:
        """Whether this passing is the last."""
        if point != self._orders.point:
            return False
        self._left -= 1
        return self._left == 0

    def before(self, point: str, function: Anything) -> Anything:
        """`function`, preceded by the point."""

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            if self.reached(point):
                die()
            return function(*args, **kwargs)

        return wrapped

    def after(self, point: str, function: Callable[..., Awaitable[Any]]) -> Anything:
        """`function`, followed by the point."""

        async def wrapped(*args: Any, **kwargs: Any) -> Any:
            result = await function(*args, **kwargs)
            if self.reached(point):
                die()
            return result

        return wrapped

    def during(
        self, point: str, function: Callable[..., Awaitable[Any]], within: float
    ) -> Anything:
        """`function`, broken off at a random moment `within` so many seconds."""

        async def wrapped(*args: Any, **kwargs: Any) -> Any:
            if not self.reached(point):
                return await function(*args, **kwargs)
            task = asyncio.ensure_future(function(*args, **kwargs))
            await asyncio.sleep(self._random.uniform(0, within))
            die()
            return await task

        return wrapped


def die() -> None:
    """SIGKILL to this process."""
    os.kill(os.getpid(), signal.SIGKILL)


def run_worker(orders: Orders) -> None:
    """The entry point of the process: work until nothing is left to do, or die on the way."""
    asyncio.run(_work(orders))


async def _work(orders: Orders) -> None:
    gateway: Any = make_gateway(orders.provider, orders.api_base, timedelta(seconds=0.3))
    _wrap(orders, gateway)
    context = context_of(orders.keys, orders.public_url, orders.provider)
    context.gateways = Gateways.holding(gateway)
    pools = await open_pools(orders.database_url, roles=["worker"])
    async with pools:
        try:
            if orders.naive is not None:
                await _naive_round(pools, context, gateway, orders.naive)
                return
            quiet = 0
            while quiet < 2:
                done = await rounds.remind_round(pools.worker, context)
                done += await rounds.retry_round(pools.worker, context)
                done += await rounds.sweep_round(pools.worker, context)
                quiet = 0 if done else quiet + 1
        finally:
            await gateway.close()


def _wrap(orders: Orders, gateway: Any) -> None:
    """Put the points where they belong; further tries follow at once, not in half a minute."""
    reaper = Reaper(orders)
    delivering: Any = delivery
    delivering.retry_pause = lambda attempt: retry_pause(attempt) * 0
    judge = reaper.before("facts read", judged.judge)
    reminding: Any = reminders
    reminding.judge = judge
    participants.get_facts_of_many = reaper.after("wave read", participants.get_facts_of_many)
    claim = stored_reminders.claim_wave
    claim = reaper.before("before the claim", claim)
    claim = reaper.during("during the claim", claim, 0.012)
    stored_reminders.claim_wave = reaper.after("claimed", claim)
    if orders.point == "claimed alone":
        refusing: Any = _refused
        stored_reminders.claim_wave = refusing
    alone = reaper.after("claimed alone", stored_reminders.claim_reminders)
    stored_reminders.claim_reminders = alone
    sending.claim_turn = reaper.after("turn taken", sending.claim_turn)
    call = reaper.before("before the call", gateway.send)
    call = reaper.during("during the call", call, 0.02)
    gateway.send = reaper.after("answered", call)
    mark = reaper.during("during the mark", messages.mark_messages, 0.004)
    messages.mark_messages = reaper.after("marked", mark)
    messages.reclaim_message = reaper.after("claimed again", messages.reclaim_message)


async def _refused(*_: object) -> set[UUID]:
    """A wave that cannot be written: everybody in it is taken alone."""
    raise DuplicateError("test")


async def _naive_round(pools: Pools, context: ServiceContext, gateway: Any, order: Naive) -> None:
    """What many do: send what is due and mark it as sent, or the other way round.

    It exists to be caught: killed in between, the one sends twice and the other never.
    """
    for row in await stored_reminders.list_due(pools.worker, 100):
        facts = await context.reader.facts(pools.worker, row.study_id, row.participant_id)
        message_id = new_id()
        text = OutboundText(
            message_id=message_id,
            our_address=SENDER,
            their_address=open_number(context, facts) or "",
            body="How is your knee?",
            status_callback=status_callback_url(context.public_url, "twilio", message_id),
        )
        if order == "mark first":
            await _mark(pools, row)
        try:
            await gateway.send(text)
        except GatewayError:
            continue  # it is still due: it will be met again
        if order == "send first":
            await _mark(pools, row)


async def _mark(pools: Pools, row: stored_reminders.DueRow) -> None:
    await pools.worker.execute(
        "UPDATE pro.reminders SET ended_at = pro.now(), end_reason = 'budget'"
        " WHERE study_id = $1 AND participant_id = $2 AND ended_at IS NULL",
        row.study_id,
        row.participant_id,
    )
