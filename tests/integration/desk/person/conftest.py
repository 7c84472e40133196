"""A trial with one site, its coordinator and its investigator, each signed in."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from pro_service.services.study.staff import make_staff
from tests.support.begun import begun_by
from tests.support.databases import Prepared
from tests.support.desk import PASSWORD, sign_in
from tests.support.study import ACTOR, Left, Trial, go_on_with, row
from tests.support.web import browsing


async def begin_trial(running: Trial) -> None:
    """K-001, enrolled with an injection planned for the twelfth, and two of the site's staff."""
    await running.enrol(row("K-001"))
    for login, role in (("anna", "coordinator"), ("ivan", "investigator")):
        await make_staff(
            running.operator,
            running.study_id,
            login=login,
            password=PASSWORD,
            site="BJ01",
            role=role,
            actor=ACTOR,
        )


begun = begun_by(begin_trial, scope="package")


@pytest.fixture
async def trial(database_url: str, begun: Prepared[Left]) -> AsyncIterator[Trial]:
    """That trial going on, on a copy of its database."""
    async with go_on_with(database_url, begun.made) as running:
        yield running


@pytest.fixture
async def desk(trial: Trial) -> AsyncIterator[aiohttp.ClientSession]:
    """A browser in which the coordinator is signed in."""
    async with browsing(trial.server) as browser:
        await sign_in(browser)
        yield browser


@pytest.fixture
async def investigator(trial: Trial) -> AsyncIterator[aiohttp.ClientSession]:
    """A browser in which the investigator is signed in."""
    async with browsing(trial.server) as browser:
        await sign_in(browser, "ivan")
        yield browser
