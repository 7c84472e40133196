"""A trial two visits long with answers of six, lived once and copied for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Final, TypeAlias

import aiohttp
import pytest

from pro_service.services import rounds
from pro_service.services.study.staff import make_staff
from tests.integration.exports.conftest import INJECTED, answer_all
from tests.support.databases import Prepared, prepare
from tests.support.databases.lending import Stock
from tests.support.desk import PASSWORD, sign_in
from tests.support.study import ACTOR, Left, Trial, add_site, go_on_with, open_trial, row
from tests.support.web import browsing

STAFF: Final = {
    "anna": ("coordinator", "BJ01"),
    "ines": ("investigator", "BJ01"),
    "iris": ("investigator", "BJ02"),
    "dora": ("data_manager", None),
}
BASELINE: Final = {"K-001": 8, "K-002": 7, "K-003": 6, "K-004": 5, "K-005": 4}
"""What each answered to everything before the injection; K-006 never answers."""
Browsers: TypeAlias = Callable[[str], Awaitable[aiohttp.ClientSession]]


async def follow(url: str) -> Left:
    """Five answer at baseline, K-001 again at week 2 (4); all injected on 12 January."""
    async with open_trial(url) as trial:
        await add_site(trial.operator, trial.study_id, "BJ02")
        codes = [*BASELINE, "K-006"]
        await trial.enrol(*(row(code) for code in codes))
        for login, (role, site) in STAFF.items():
            await make_staff(
                trial.operator,
                trial.study_id,
                login=login,
                password=PASSWORD,
                site=site,
                role=role,
                actor=ACTOR,
            )
        await trial.ask()
        for code, value in BASELINE.items():
            await answer_all(trial, code, value)
        await trial.move(INJECTED)
        for code in codes:
            await trial.happened(code)
        await trial.move(INJECTED + timedelta(days=14))
        await trial.remind()
        await trial.provider.drain()
        await answer_all(trial, "K-001", 4)
        await trial.move(INJECTED + timedelta(days=20))
        await rounds.closing_round(trial.pools.worker, trial.context)
        return Left.of(trial)


@pytest.fixture(scope="package")
def followed(server_url: str, template_database: str) -> Iterator[Prepared[Left]]:
    """The trial as it stands six days after week 2."""
    with prepare(server_url, template_database, follow) as made:
        yield made


@pytest.fixture
async def followed_url(stock: Stock, followed: Prepared[Left]) -> AsyncIterator[str]:
    """A copy of its database, this test's alone."""
    async with stock.lend(followed.database) as url:
        yield url


@pytest.fixture
async def trial(followed_url: str, followed: Prepared[Left]) -> AsyncIterator[Trial]:
    """The trial going on, on the copy."""
    async with go_on_with(followed_url, followed.made) as running:
        yield running


@pytest.fixture
async def at(trial: Trial) -> AsyncIterator[Browsers]:
    """A browser in which somebody is signed in, by login."""
    async with AsyncExitStack() as stack:

        async def seated(login: str) -> aiohttp.ClientSession:
            browser = await stack.enter_async_context(browsing(trial.server))
            status, _ = await sign_in(browser, login)
            assert status == 200
            return browser

        yield seated
