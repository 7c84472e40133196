"""`pushes`: a batch of receipts, pushed by a provider that waits for less than a second.

`serve` keeps and acknowledges each, a `worker` beside it works them off meanwhile. A step is one
batch of twenty receipts of our own texts. A provider in mainland China wants its answer within
300 ms, and pushes again without it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Any, Final

import aiohttp
import asyncpg

from tests.benchmarks.measuring.chosen import Chosen, Found
from tests.benchmarks.measuring.rounds import Contender, dearest, take_turns
from tests.benchmarks.measuring.server import Server
from tests.benchmarks.measuring.service import served, working_beside
from tests.benchmarks.measuring.walking import Step
from tests.benchmarks.measuring.waves import put_back
from tests.benchmarks.measuring.world import World, filled_world
from tests.support.china.aliyun import CHINA, KEY_ID, KEY_SECRET
from tests.support.china.faults import PUSH_SECRET

PATH: Final = f"/hooks/aliyun/{PUSH_SECRET}/receipts"
ACCOUNT: Final = {
    "PRO_GATEWAYS": "simulator,aliyun",
    "PRO_ALIYUN_ACCESS_KEY_ID": KEY_ID,
    "PRO_ALIYUN_ACCESS_KEY_SECRET": KEY_SECRET,
    "PRO_ALIYUN_PUSH_SECRET": PUSH_SECRET,
    "PRO_ALIYUN_API_BASE": "http://127.0.0.1:9",
}
A_BATCH: Final = 20
OTHER_PROVIDER: Final = (
    "UPDATE pro.senders SET provider = 'aliyun'",
    "UPDATE pro.messages SET provider = 'aliyun', state = 'accepted' WHERE provider_id IS NOT NULL",
)
"""All that was sent went through it, and nothing is known of it yet."""
SENT: Final = "SELECT id::text, provider_id FROM pro.messages WHERE provider_id IS NOT NULL"
WAITING: Final = "SELECT count(*) FROM pro.provider_pushes WHERE worked_at IS NULL"


class Provider:
    """Pushes batch after batch, each text once round; a connection a lane."""

    def __init__(self, base: str, sent: Sequence[asyncpg.Record]) -> None:
        """`sent` are ids of our texts, and the provider's of them."""
        self._base, self._sent, self._turn = base, sent, 0
        self._ways: dict[int, aiohttp.ClientSession] = {}

    async def once(self, lane: int, step: Step) -> int:
        """One batch, acknowledged."""
        if lane not in self._ways:
            connector = aiohttp.TCPConnector(limit=1)
            self._ways[lane] = aiohttp.ClientSession(self._base, connector=connector)
        begin = self._turn * A_BATCH % len(self._sent)
        self._turn += 1
        batch = [_delivered(*one) for one in self._sent[begin : begin + A_BATCH]]
        began = time.perf_counter()
        async with self._ways[lane].post(PATH, data=json.dumps(batch)) as response:
            said = await response.json()
        step(time.perf_counter() - began)
        if response.status != 200 or said["code"] != 0:
            raise RuntimeError(f"a push was answered {response.status}: {said}")
        return 1

    async def close(self) -> None:
        """Hang up."""
        for way in self._ways.values():
            await way.close()


def _delivered(message_id: str, provider_id: str) -> dict[str, Any]:
    """An element of Aliyun's SmsReport."""
    now = f"{datetime.now(CHINA):%Y-%m-%d %H:%M:%S}"
    return {
        "phone_number": "13800000000",
        "send_time": now,
        "report_time": now,
        "success": True,
        "err_code": "DELIVERED",
        "err_msg": "",
        "sms_size": "1",
        "biz_id": provider_id,
        "out_id": message_id,
    }


async def _went_through_aliyun(world: World) -> list[asyncpg.Record]:
    superuser = await asyncpg.connect(world.url)
    try:
        await put_back(superuser, OTHER_PROVIDER, [])
        sent: list[asyncpg.Record] = await superuser.fetch(SENT)
        return sent
    finally:
        await superuser.close()


async def measure(chosen: Chosen, server: Server) -> Found:
    """Batches acknowledged a second, and how many of them are worked off meanwhile."""
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(
            filled_world(server, chosen.participants, kept_in=chosen.folder)
        )
        sent = await _went_through_aliyun(world)
        service = await stack.enter_async_context(served(world, more=ACCOUNT))
        await stack.enter_async_context(working_beside(service))
        provider = Provider(service.base, sent)
        stack.push_async_callback(provider.close)
        side = Contender("push of 20 receipts", provider.once, world.url, service.pid)
        await take_turns(
            [side], server, rounds=chosen.rounds, seconds=chosen.seconds, lanes=chosen.clients
        )
        superuser = await asyncpg.connect(world.url)
        try:
            waiting = await superuser.fetchval(WAITING)
        finally:
            await superuser.close()
        note = f"{side.done} acknowledged in the rounds, {waiting} still to be worked off"
        found = Found.of("pushes", "batches of receipts acknowledged a second", [side], [note])
        found.more = dearest(side.statements, side.done)
        return found
