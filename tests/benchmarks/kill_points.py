"""Whether a worker killed at any moment loses or doubles a text; counted in the provider's own book.

    python -m tests.benchmarks.kill_points --seeds 20
    python -m tests.benchmarks.kill_points --seeds 5 --naive   # a sender that must be caught

A worker process is ended with SIGKILL at one of twelve named points, on a seed that also draws the
provider's faults; a further worker finishes. Then every phone has at most one text for its one
reminder, nothing is taken for sent that never was, and what may have been sent is bound to the
provider's record or shown as unconfirmed. Exits with 1 on any double or loss.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import random
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

from aiohttp.test_utils import TestServer

from pro_service.domain.delivery.states import MessageState
from pro_service.services.context import ServiceContext
from pro_service.store import operations, sending
from pro_service.store.pools import connect, open_pools
from pro_service.web.application import build_application
from tests.support import databases
from tests.support.kill_worker import BY_THE_FAKE, POINTS, Orders, run_worker
from tests.support.study import SENDER
from tests.support.twilio_fake import Faults, TwilioFake
from tests.support.twilio_trial import open_twilio_trial

PARTICIPANTS: Final = 4
SAID_TO_BE_SENT: Final = (MessageState.accepted, MessageState.sent, MessageState.delivered)
SHOWN: Final = (*SAID_TO_BE_SENT, MessageState.unconfirmed)
NAIVE_POINTS: Final = ("during the call", BY_THE_FAKE, "answered")


@dataclass
class Count:
    """What the books say after one run, or all."""

    runs: int = 0
    killed: int = 0
    texts: int = 0
    doubles: int = 0
    lost: int = 0
    open_ends: int = 0
    """Messages neither bound nor shown, reminders nobody will meet again."""
    bound: int = 0
    unconfirmed: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, other: Count) -> None:
        """Both together."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)

    @property
    def sound(self) -> bool:
        """Whether nothing was doubled, lost or left open."""
        return not (self.doubles or self.lost or self.open_ends)


@dataclass(frozen=True)
class Template:
    """A database with participants whose first reminder is due, to be cloned for every run."""

    server_url: str
    name: str
    context: ServiceContext
    phones: tuple[str, ...]


async def make_template(server_url: str, database_url: str) -> Template:
    """Fill a migrated database and close every connection to it, so that it can be cloned."""
    async with open_twilio_trial(database_url) as trial:
        await sending.set_pace(trial.operator, trial.study_id, SENDER, 1000)
        await trial.due(*(f"K-{n:03}" for n in range(1, PARTICIPANTS + 1)))
        context, phones = trial.context, tuple(trial.phones.values())
    name = database_url.partition("?")[0].rsplit("/", 1)[1]
    return Template(server_url, name, context, phones)


@asynccontextmanager
async def provider_and_web(
    database_url: str, context: ServiceContext, fake: TwilioFake
) -> AsyncIterator[tuple[str, ServiceContext]]:
    """The fake and the web side that takes its callbacks; the API's address, the context to use."""

    async def ready() -> None:
        return None

    async with (
        await open_pools(database_url, roles=["provider", "participant"]) as pools,
        TestServer(fake.application(), access_log=None) as provider,
    ):
        mine = replace(context)
        gateway = _parser()
        app = build_application(pools=pools, context=mine, gateway=gateway, ready=ready)
        async with TestServer(app, access_log=None) as server:
            mine.public_url = fake.webhook_base = str(server.make_url("")).rstrip("/")
            yield str(provider.make_url("")).rstrip("/"), mine
            fake.closing.set()
            await fake.drain()


def _parser():  # type: ignore[no-untyped-def]
    from pydantic import SecretStr

    from pro_service.messaging.twilio.gateway import TwilioGateway
    from tests.support.twilio_fake import ACCOUNT, TOKEN

    return TwilioGateway(ACCOUNT, SecretStr(TOKEN))


async def work(orders: Orders, fake: TwilioFake | None = None) -> bool:
    """Run one worker process to its end; whether it was killed."""
    process = multiprocessing.get_context("forkserver").Process(
        target=run_worker, args=(orders,), daemon=True
    )
    process.start()
    if fake is not None and orders.point == BY_THE_FAKE:
        fake.kill_after(orders.hit, lambda: os.kill(process.pid or 0, signal.SIGKILL))
    while process.is_alive():
        await asyncio.sleep(0.005)
    process.join()
    code = process.exitcode
    process.close()
    if code not in (0, -signal.SIGKILL):
        raise RuntimeError(f"A worker ended with {code}.")
    return code == -signal.SIGKILL
