"""A receiving process of the tests that ends itself with SIGKILL at a named point of its rounds.

The points are wrapped around the service's own functions here, in this process only, as those of
`kill_worker` are around sending.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.connection import Connection
from typing import Any, Final, Literal

from aiohttp import web
from pydantic import SecretStr

from pro_service.messaging.gateways import Gateways
from pro_service.messaging.twilio.gateway import TwilioGateway
from pro_service.services import rounds
from pro_service.services.receiving import inbound, sweep
from pro_service.store.pools import Pools, open_pools
from pro_service.web.application import build_application
from tests.support.killing.kill_worker import Anything, Keys, Orders, Reaper, context_of, die
from tests.support.twilio.fake import TOKEN
from tests.support.twilio.taken import ACCOUNT

REPLY_LOST: Final = "reply sent, not heard"
"""The provider's end: the fake hears nothing of it, and the harness kills from outside."""
SWEEP_POINTS: Final = ("listed, not fed", "fed, watermark not moved")
POINTS: Final = (
    "signature to check",
    "signature checked",
    "no copy found",
    "line found",
    "facts read",
    "decided",
    "during the write",
    "committed",
    "reply ready",
    REPLY_LOST,
    *SWEEP_POINTS,
)
NaiveReceiver = Literal["answer first", "store always"]
NAIVE_POINT: Final = "naive"


@dataclass(frozen=True)
class ReceiverOrders:
    """What one receiving process is to do."""

    database_url: str
    api_base: str
    keys: Keys
    public_url: str
    port: int
    seed: int
    point: str | None = None
    hit: int = 1
    naive: NaiveReceiver | None = None


def _reaper(orders: ReceiverOrders) -> Reaper:
    return Reaper(
        Orders(
            orders.database_url,
            orders.api_base,
            orders.keys,
            orders.public_url,
            orders.seed,
            point=orders.point,
            hit=orders.hit,
        )
    )


def run_receiver(orders: ReceiverOrders, ready: Connection) -> None:
    """The entry point of a process: take webhooks until killed; `ready` hears when it may."""
    asyncio.run(_serve(orders, ready))


def run_sweep(orders: ReceiverOrders) -> None:
    """The entry point of a process: feed what never came, send the replies, or die on the way."""
    asyncio.run(_sweep(orders))


async def _serve(orders: ReceiverOrders, ready: Connection) -> None:
    async def is_ready() -> None:
        return None

    # What the harness ends by force must not outlive it.
    parent = os.getppid()
    pools = await open_pools(orders.database_url, roles=["provider", "participant", "desk"])
    async with pools:
        reaper = _reaper(orders)
        if orders.naive is not None:
            app = _naive_application(orders.naive, pools, reaper)
        else:
            gateway: Any = TwilioGateway(ACCOUNT, SecretStr(TOKEN), api_base=orders.api_base)
            _wrap(reaper, gateway)
            context = context_of(orders.keys, orders.public_url)
            context.gateways = Gateways.holding(gateway)
            app = build_application(pools=pools, context=context, ready=is_ready)
        runner = web.AppRunner(app, access_log=None, handle_signals=False)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", orders.port, reuse_port=True).start()
        ready.send(True)
        while os.getppid() == parent:  # noqa: ASYNC110  (a process, no event)
            await asyncio.sleep(0.2)


async def _sweep(orders: ReceiverOrders) -> None:
    reaper = _reaper(orders)
    module: Any = sweep
    module.GRACE = timedelta(0)  # no webhook is under way any more
    take = reaper.before(SWEEP_POINTS[0], module.take_text)
    module.take_text = reaper.after(SWEEP_POINTS[1], take)
    gateway = TwilioGateway(ACCOUNT, SecretStr(TOKEN), api_base=orders.api_base)
    context = context_of(orders.keys, orders.public_url)
    context.gateways = Gateways.holding(gateway)
    async with await open_pools(orders.database_url, roles=["provider", "worker"]) as pools:
        await sweep.sweep_inbound(pools.provider, context, gateway)
        anything: Any = rounds
        anything.LOOK_AFTER = timedelta(0)
        await rounds.sweep_round(pools.worker, context)
        while await rounds.retry_round(pools.worker, context):
            pass
        await gateway.close()


def _wrap(reaper: Reaper, gateway: Any) -> None:
    """Put the points where they belong."""
    check = _before_and_after(reaper, "signature to check", "signature checked")
    gateway.parse_inbound = check(gateway.parse_inbound)
    module: Any = inbound
    module.first_copy = reaper.after("no copy found", module.first_copy)
    module.receive = reaper.after("line found", module.receive)
    module.read_case = reaper.after("facts read", module.read_case)
    module._decide = reaper.after("decided", module._decide)
    write = reaper.during("during the write", module.write_inbound, 0.01)
    module.write_inbound = reaper.after("committed", write)
    module.receive_text = reaper.after("reply ready", module.receive_text)


def _before_and_after(reaper: Reaper, before: str, after: str) -> Callable[[Anything], Anything]:
    """A plain function between two points."""

    def wrap(function: Anything) -> Anything:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            if reaper.reached(before):
                die()
            result = function(*args, **kwargs)
            if reaper.reached(after):
                die()
            return result

        return wrapped

    return wrap


def _naive_application(naive: NaiveReceiver, pools: Pools, reaper: Reaper) -> web.Application:
    """What many do: answer and then store, or store whatever comes.

    It exists to be caught: killed in between, the one loses a text it has acknowledged, and the
    other keeps the second copy of one it had not.
    """
    tasks: set[asyncio.Task[None]] = set()

    async def store(sid: str) -> None:
        await pools.provider.execute("INSERT INTO public.naive_texts (sid) VALUES ($1)", sid)

    async def store_later(sid: str) -> None:
        await asyncio.sleep(0.02)
        if reaper.reached(NAIVE_POINT):
            os.kill(os.getpid(), signal.SIGKILL)
        await store(sid)

    async def take(request: web.Request) -> web.Response:
        sid = str((await request.post())["MessageSid"])
        if naive == "answer first":
            task = asyncio.create_task(store_later(sid))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        else:
            await store(sid)
            if reaper.reached(NAIVE_POINT):
                die()
        return web.Response(text="<Response><Message>Thanks</Message></Response>")

    app = web.Application()
    app.router.add_post("/hooks/twilio/inbound", take)
    return app
