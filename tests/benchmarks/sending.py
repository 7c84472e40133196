"""`sending`: from a due nudge to a text taken by a provider that takes 50 ms a call.

Beside it a raw aiohttp client that posts to the same provider, 200 calls at once.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import AsyncExitStack
from typing import Final
from uuid import uuid4

import aiohttp
from pydantic import SecretStr

from pro_service.messaging.gateway import OutboundText
from pro_service.messaging.simulator import wire
from tests.benchmarks.measuring.chosen import Chosen, Found
from tests.benchmarks.measuring.rounds import Contender, dearest, take_turns
from tests.benchmarks.measuring.server import Server
from tests.benchmarks.measuring.service import ROOT, SECRET, process
from tests.benchmarks.measuring.walking import Step
from tests.benchmarks.measuring.waves import wave_on
from tests.benchmarks.measuring.world import OUR_ADDRESS, filled_world
from tests.support.command import free_port

CALL_SECONDS: Final = 0.05
AT_ONCE: Final = 200
HEADERS: Final = {
    "Content-Type": wire.FORM,
    "Authorization": f"Bearer {SecretStr(SECRET).get_secret_value()}",
}


def _body() -> bytes:
    message_id = uuid4()
    text = OutboundText(
        message_id=message_id,
        our_address=OUR_ADDRESS,
        their_address="+12025550143",
        body="How is your knee? Open your questions: http://127.0.0.1/q/abcdefghijklmnopqrstuvwxyz",
        status_callback=f"http://127.0.0.1/hooks/simulator/status?message={message_id}",
    )
    return wire.encode_form(wire.encode_send(text))


async def measure(chosen: Chosen, server: Server) -> Found:
    """Texts a second of the worker and of a client that does nothing but call."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    words = [sys.executable, "-m", "tests.benchmarks.limits.slow_provider"]
    words += ["--seconds", str(CALL_SECONDS), "--port", str(port)]
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(process(words, {}, base, "/readyz", folder=ROOT))
        world = await stack.enter_async_context(
            filled_world(server, chosen.participants, kept_in=chosen.folder)
        )
        wave = await stack.enter_async_context(wave_on(world, base))
        http = await stack.enter_async_context(
            aiohttp.ClientSession(base, connector=aiohttp.TCPConnector(limit=0))
        )

        async def remind(_: int, step: Step) -> int:
            began = time.perf_counter()
            done = await wave.work()
            step(time.perf_counter() - began)
            return done

        async def call(_: int, step: Step) -> int:
            began = time.perf_counter()
            async with http.post("/messages", data=_body(), headers=HEADERS) as response:
                await response.read()
                response.raise_for_status()
            step(time.perf_counter() - began)
            return 1

        me = os.getpid()
        sides = [Contender("due to sent", remind, world.url, me, wave.again, lanes=1)]
        if chosen.beside:
            sides.append(Contender("raw aiohttp client", call, None, me, lanes=AT_ONCE))
        await take_turns(sides, server, rounds=chosen.rounds, seconds=chosen.seconds, lanes=1)
        notes = ["serve cpu: the worker's process, which is this one; a step is a round or a call"]
        found = Found.of("sending", "texts a second, 50 ms a call", sides, notes)
        found.more = dearest(sides[0].statements, max(sides[0].done, 1))
        return found
