"""A trial whose baseline has closed, lived once and copied for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from pro_service.services import rounds
from pro_service.services.study.staff import make_staff
from tests.integration.desk.entering.test_entry import begin, keep, send_address
from tests.support.databases import Prepared, prepare
from tests.support.databases.lending import Stock
from tests.support.desk import PASSWORD, press, sign_in
from tests.support.study import ACTOR, Left, Trial, go_on_with, open_trial, row
from tests.support.web import browsing

STAFF: Final = {
    "anna": ("coordinator", "BJ01"),
    "ines": ("investigator", "BJ01"),
    "ivan": ("investigator", "BJ01"),
    "dora": ("data_manager", None),
    "dirk": ("data_manager", None),
}


async def close_baseline(url: str) -> Left:
    """K-001's pain before the injection was entered as 8, K-002 was never heard of."""
    async with open_trial(url) as trial:
        await trial.enrol(row("K-001"), row("K-002"))
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
        async with browsing(trial.server) as browser:
            await sign_in(browser)
            _, html = await begin(trial, browser)
            _, html = await keep(browser, html, pain="8")
            await press(browser, html, send_address(html))
        await trial.move(datetime(2026, 1, 12, 2, tzinfo=UTC))
        for code in ("K-001", "K-002"):
            await trial.happened(code)
        await trial.move(timedelta(hours=1))
        await rounds.closing_round(trial.pools.worker, trial.context)
        return Left.of(trial)


@pytest.fixture(scope="package")
def closed(server_url: str, template_database: str) -> Iterator[Prepared[Left]]:
    """The trial an hour after both were injected."""
    with prepare(server_url, template_database, close_baseline) as made:
        yield made


@pytest.fixture
async def closed_url(stock: Stock, closed: Prepared[Left]) -> AsyncIterator[str]:
    """A copy of its database, this test's alone."""
    async with stock.lend(closed.database) as url:
        yield url


@pytest.fixture
async def other_url(stock: Stock, closed: Prepared[Left]) -> AsyncIterator[str]:
    """A further copy, for a story that is lived twice."""
    async with stock.lend(closed.database) as url:
        yield url


@pytest.fixture
async def trial(closed_url: str, closed: Prepared[Left]) -> AsyncIterator[Trial]:
    """The trial going on, on a copy."""
    async with go_on_with(closed_url, closed.made) as running:
        yield running
