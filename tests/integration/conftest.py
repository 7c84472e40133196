"""A study, a participant with an open baseline, a running server, a browser: made for who asks."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import asyncpg
import pytest
from aiohttp.test_utils import TestServer

from pro_service.services.base.context import ServiceContext
from pro_service.store.pools import Pools
from tests.support.seed import (
    SeededParticipant,
    SeededStudy,
    make_context,
    seed_participant,
    seed_study,
    seed_visit,
)
from tests.support.web import browsing, serving


@pytest.fixture
def context() -> ServiceContext:
    """The services' context."""
    return make_context()


@pytest.fixture
async def study(owner: asyncpg.Connection, context: ServiceContext) -> SeededStudy:
    """The example study."""
    return await seed_study(owner, context)


@pytest.fixture
async def participant(study: SeededStudy) -> SeededParticipant:
    """A participant of site S1 with an open baseline."""
    made = await seed_participant(study)
    await seed_visit(made)
    return made


@pytest.fixture
async def server(pools: Pools, context: ServiceContext) -> AsyncIterator[TestServer]:
    """The web side."""
    async with serving(pools, context) as running:
        yield running


@pytest.fixture
async def browser(server: TestServer) -> AsyncIterator[aiohttp.ClientSession]:
    """A browser, or a phone, that nobody has signed in with."""
    async with browsing(server) as session:
        yield session
