"""Participants who have just been asked, staff of each kind, and a browser for each of them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from typing import Final, TypeAlias
from uuid import UUID

import aiohttp
import pytest

from pro_service.services.study.staff import make_staff
from tests.support.databases import Prepared, prepare
from tests.support.databases.lending import Stock
from tests.support.desk import PASSWORD, page, sign_in
from tests.support.study import ACTOR, Left, Trial, go_on_with, open_trial, phone, row
from tests.support.web import browsing

STAFF: Final = {
    "anna": "coordinator",
    "bo": "coordinator",
    "iris": "investigator",
    "mo": "monitor",
}
Browsers: TypeAlias = Callable[[str], Awaitable[aiohttp.ClientSession]]


@pytest.fixture(scope="package")
def prepared(server_url: str, template_database: str) -> Iterator[Prepared[Left]]:
    """K-001 alone, K-002 and K-003 on one telephone, all asked the first question of baseline."""

    async def make(url: str) -> Left:
        async with open_trial(url) as trial:
            shared = phone(50)
            await trial.enrol(row("K-001"), row("K-002", phone=shared), row("K-003", phone=shared))
            for login, role in STAFF.items():
                await make_staff(
                    trial.operator,
                    trial.study_id,
                    login=login,
                    password=PASSWORD,
                    site="BJ01",
                    role=role,
                    actor=ACTOR,
                )
            await trial.ask()
            return Left.of(trial)

    with prepare(server_url, template_database, make) as made:
        yield made


@pytest.fixture
async def prepared_url(stock: Stock, prepared: Prepared[Left]) -> AsyncIterator[str]:
    """A copy of its database, this test's alone."""
    async with stock.lend(prepared.database) as url:
        yield url


@pytest.fixture
async def trial(prepared_url: str, prepared: Prepared[Left]) -> AsyncIterator[Trial]:
    """The trial going on, on the copy."""
    async with go_on_with(prepared_url, prepared.made) as running:
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


async def text_of(trial: Trial, words: str, code: str = "K-001") -> str:
    """The address of the page of a text that a participant sends now."""
    await trial.says(code, words)
    found: UUID = await trial.fetchval("SELECT id FROM inbounds ORDER BY id DESC LIMIT 1")
    return f"/desk/texts/{found}"


async def shown(browser: aiohttp.ClientSession, address: str) -> str:
    """A page's text as it is read: without tags, spaces made one."""
    status, html = await page(browser, address)
    assert status == 200, status
    return plain(html)


def plain(html: str) -> str:
    """What a page says, without its marks."""
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


async def settled(trial: Trial) -> list[tuple[object, ...]]:
    """What became of every text that was settled: its kind, the word of its reason, and by whom."""
    return await trial.fetch(
        "SELECT kind, split_part(reason, 'note:', 1), actor FROM text_settlements ORDER BY id"
    )
