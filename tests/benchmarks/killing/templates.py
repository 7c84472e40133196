"""Databases that are copied for each run: a small trial, with the texts that are due in it."""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from aiohttp.test_utils import TestServer

from pro_service.messaging.gateways import Gateways
from pro_service.services import rounds
from pro_service.services.base.context import ServiceContext
from pro_service.services.study import senders
from pro_service.store.pools import open_pools
from tests.support import databases
from tests.support.china.account import PROVIDERS, Approved, ChinaName, approve
from tests.support.china.faults import Taken
from tests.support.china.trial import fill_trial
from tests.support.killing.kill_mail import fill_mail_trial
from tests.support.killing.kill_provider import (
    KillProvider,
)
from tests.support.killing.kill_worker import (
    BY_THE_FAKE,
    Keys,
    context_of,
)
from tests.support.study import ACTOR, SENDER
from tests.support.twilio.trial import open_twilio_trial

PARTICIPANTS: Final = 4
SAID_TO_BE_SENT: Final = frozenset({"accepted", "sent", "delivered"})
SHOWN: Final = SAID_TO_BE_SENT | {"unconfirmed"}
AROUND_THE_CALL: Final = ("before the call", "during the call", BY_THE_FAKE, "answered")
FAULT_RATE: Final = 0.3


@dataclass(frozen=True)
class Template:
    """A database with participants whose first reminder is due, to be cloned for every run."""

    server_url: str
    name: str
    keys: Keys
    phones: tuple[str, ...]
    provider: KillProvider = "twilio"
    approved: tuple[Approved, ...] = ()
    """What the provider lets go out, where it lets nothing else."""
    taken: tuple[Taken, ...] = ()
    """The texts it has taken already, and of which no receipt came."""


def new_keys() -> Keys:
    """Fresh key rings."""
    made = [base64.b64encode(secrets.token_bytes(32)).decode() for _ in range(3)]
    return f"m1:{made[0]}", f"i1:{made[1]}", f"l1:{made[2]}"


async def make_template(server_url: str, database_url: str, *, asked: bool = False) -> Template:
    """Fill a migrated database; no connection to it stays open, so that it can be cloned.

    `asked`: the first reminder has gone out, and its question waits for an answer.
    """
    keys = new_keys()
    context = context_of(keys, "http://127.0.0.1")
    async with open_twilio_trial(database_url, context=context) as trial:
        await senders.set_pace(trial.operator, trial.study_id, SENDER, 1000, actor=ACTOR)
        await trial.due(*(f"K-{n:03}" for n in range(1, PARTICIPANTS + 1)))
        if asked:
            await trial.remind()
            await trial.fake.drain()
        phones = tuple(trial.phones.values())
    return Template(server_url, urlsplit(database_url).path.lstrip("/"), keys, phones)


async def make_china_template(
    server_url: str, database_url: str, provider: ChinaName, *, sent: bool = False
) -> Template:
    """The same for a provider of mainland China, where only registered texts go out.

    `sent`: the first reminder was taken by it, and its receipts are still to come.
    """
    keys = new_keys()
    context = context_of(keys, "http://127.0.0.1", provider)
    phones, approved = await fill_trial(database_url, context, provider, PARTICIPANTS)
    name = urlsplit(database_url).path.lstrip("/")
    taken = await _send_first(database_url, context, provider, approved) if sent else ()
    return Template(server_url, name, keys, phones, provider, approved, taken)


async def _send_first(
    database_url: str,
    context: ServiceContext,
    provider: ChinaName,
    approved: Sequence[Approved],
) -> tuple[Taken, ...]:
    """Send what is due through a provider without faults, whose pushes reach nobody."""
    fake = PROVIDERS[provider].fake(None)
    approve(fake, *approved)
    async with (
        TestServer(fake.application(), access_log=None) as served,
        await open_pools(database_url, roles=["worker"]) as pools,
    ):
        api = str(served.make_url("")).rstrip("/")
        gateway = PROVIDERS[provider].gateway(api, timedelta(seconds=1))
        context.gateways = Gateways.holding(gateway)
        while await rounds.remind_round(pools.worker, context):
            pass
        await gateway.close()
    return tuple(fake.taken)


async def make_mail_template(server_url: str, database_url: str) -> Template:
    """The same where reminders are letters, to addresses that were proven."""
    keys = new_keys()
    context = context_of(keys, "http://127.0.0.1", "email")
    addresses = await fill_mail_trial(database_url, context, PARTICIPANTS)
    name = urlsplit(database_url).path.lstrip("/")
    return Template(server_url, name, keys, addresses, "email")


async def template_of(server_url: str, database_url: str, provider: KillProvider) -> Template:
    """A migrated database filled for a provider."""
    if provider == "twilio":
        return await make_template(server_url, database_url)
    if provider == "email":
        return await make_mail_template(server_url, database_url)
    return await make_china_template(server_url, database_url, provider)


@asynccontextmanager
async def clone(template: Template) -> AsyncIterator[str]:
    """A copy of the template; made and dropped on a thread, where a loop of its own may run."""
    copy = databases.clone(template.server_url, template.name)
    url = await asyncio.to_thread(copy.__enter__)
    try:
        yield url
    finally:
        await asyncio.to_thread(copy.__exit__, None, None, None)
