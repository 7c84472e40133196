"""A trial with one site, its coordinator and a data manager, each signed in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import aiohttp
import pytest

from pro_service.services.study.staff import make_staff
from tests.support.begun import begun_by
from tests.support.databases import Prepared
from tests.support.desk import PASSWORD, sign_in
from tests.support.study import ACTOR, Left, Trial, go_on_with, row
from tests.support.web import browsing


async def begin_enrolled(trial: Trial) -> None:
    """One participant, whose left knee is treated on 12 January; it is the tenth."""
    await trial.enrol(row("P-1"))
    await trial.move(datetime(2026, 1, 10, 4, tzinfo=UTC))


begun = begun_by(begin_enrolled, scope="package")


@pytest.fixture
async def enrolled(database_url: str, begun: Prepared[Left]) -> AsyncIterator[Trial]:
    """That trial going on, on a copy of its database."""
    async with go_on_with(database_url, begun.made) as trial:
        yield trial


@pytest.fixture
async def staffed(enrolled: Trial) -> Trial:
    """The same with a coordinator, a data manager and a monitor of the site."""
    for login, role in (("anna", "coordinator"), ("dora", "data_manager"), ("mo", "monitor")):
        await make_staff(
            enrolled.operator,
            enrolled.study_id,
            login=login,
            password=PASSWORD,
            site="BJ01",
            role=role,
            actor=ACTOR,
        )
    return enrolled


@pytest.fixture
async def desk(staffed: Trial) -> AsyncIterator[aiohttp.ClientSession]:
    """A browser in which the coordinator is signed in."""
    async with browsing(staffed.server) as browser:
        await sign_in(browser)
        yield browser


@pytest.fixture
async def data_manager(staffed: Trial) -> AsyncIterator[aiohttp.ClientSession]:
    """A browser in which the data manager is signed in."""
    async with browsing(staffed.server) as browser:
        await sign_in(browser, "dora")
        yield browser
