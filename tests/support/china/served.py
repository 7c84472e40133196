"""A fake of a provider of mainland China, served, and our gateway to it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final, NamedTuple

from aiohttp.test_utils import TestServer

from tests.support.china.account import PROVIDERS, Approved, ChinaGateway, ChinaName, approve
from tests.support.china.faults import ChinaFake

BOUND: Final = timedelta(seconds=0.4)


class Connected(NamedTuple):
    """A fake that is served, where, and our gateway to it."""

    fake: ChinaFake
    host: str
    gateway: ChinaGateway


@asynccontextmanager
async def connected(name: ChinaName) -> AsyncIterator[Connected]:
    """A fake that knows the template, and a gateway to it."""
    fake = PROVIDERS[name].fake(None)
    approve(fake, Approved("1110", "康复随访", ("day", "code")))
    async with TestServer(fake.application(), access_log=None) as server:
        base = str(server.make_url("")).rstrip("/")
        gateway = PROVIDERS[name].gateway(base, BOUND)
        try:
            yield Connected(fake, f"{server.host}:{server.port}", gateway)
        finally:
            fake.closing.set()
            await fake.drain()
            await gateway.close()
