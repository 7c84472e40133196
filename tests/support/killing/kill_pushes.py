"""A process of the tests that takes batches a provider pushes, and ends itself at a named point.

It keeps each push as it came and works it off beside, as the service does. The points are wrapped
around the service's own functions here, in this process only.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.connection import Connection
from typing import Any, Final

from aiohttp import web

from pro_service.messaging.gateways import Gateways
from pro_service.services.receiving import pushes
from pro_service.store.pools import open_pools
from pro_service.store.receiving import pushes as store
from pro_service.web.application import build_application
from tests.support.china.account import PROVIDERS, ChinaName
from tests.support.killing.kill_worker import Keys, Orders, Reaper, context_of

POINTS: Final = (
    "push arrived",
    "push kept, not acknowledged",
    "push claimed",
    "text taken",
    "receipt taken",
    "all taken, not marked",
    "during the mark",
    "marked",
)


@dataclass(frozen=True)
class PushOrders:
    """What one receiving process is to do."""

    database_url: str
    provider: ChinaName
    keys: Keys
    public_url: str
    port: int
    seed: int
    point: str | None = None
    hit: int = 1


def run_push_receiver(orders: PushOrders, ready: Connection) -> None:
    """The entry point of a process: take pushes and work them off until killed."""
    asyncio.run(_serve(orders, ready))


async def _serve(orders: PushOrders, ready: Connection) -> None:
    async def is_ready() -> None:
        return None

    # What the harness ends by force must not outlive it.
    parent = os.getppid()
    place = (orders.database_url, "", orders.keys, orders.public_url, orders.seed)
    _wrap(Reaper(Orders(*place, point=orders.point, hit=orders.hit)))
    async with await open_pools(
        orders.database_url, roles=["provider", "participant", "desk"]
    ) as pools:
        context = context_of(orders.keys, orders.public_url, orders.provider)
        gateway = PROVIDERS[orders.provider].gateway("http://127.0.0.1:1", timedelta(seconds=1))
        context.gateways = Gateways.holding(gateway)
        app = build_application(pools=pools, context=context, ready=is_ready)
        runner = web.AppRunner(app, access_log=None, handle_signals=False)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", orders.port, reuse_port=True).start()
        ready.send(True)
        while os.getppid() == parent:
            while await pushes.work_off(pools.provider, context):
                pass
            await asyncio.sleep(0.02)


def _wrap(reaper: Reaper) -> None:
    """Put the points where they belong."""
    service: Any = pushes
    service.LEASE = timedelta(0)  # whoever follows a killed process need not wait for its lease
    statements: Any = store
    keep = reaper.before("push arrived", service.Inbox.keep)
    service.Inbox.keep = reaper.after("push kept, not acknowledged", keep)
    statements.claim_push = reaper.after("push claimed", statements.claim_push)
    service.take_text = reaper.after("text taken", service.take_text)
    service.take_receipt = reaper.after("receipt taken", service.take_receipt)
    service._take_all = reaper.after("all taken, not marked", service._take_all)
    mark = reaper.during("during the mark", statements.mark_push_worked, 0.01)
    statements.mark_push_worked = reaper.after("marked", mark)
