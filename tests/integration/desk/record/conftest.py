"""A trial at two sites with somebody in every role, each signed in when asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Protocol

import aiohttp
import pytest

from pro_service.domain.study.facts import Status
from pro_service.services.study.staff import make_staff
from tests.support.begun import begun_by
from tests.support.databases import Prepared
from tests.support.desk import PASSWORD, sign_in
from tests.support.study import ACTOR, Left, Trial, add_site, go_on_with, row
from tests.support.web import browsing

STAFF = {
    "anna": ("coordinator", "BJ01"),
    "ivan": ("investigator", "BJ01"),
    "mona": ("monitor", "BJ01"),
    "dana": ("data_manager", None),
    "adam": ("administrator", None),
    "hal": ("allocation_holder", None),
    "other": ("monitor", "SH02"),
}
"""By login: the role, and at which site (None: the whole study)."""


class SignedIn(Protocol):
    """Gives a browser in which somebody is signed in."""

    async def __call__(self, login: str) -> aiohttp.ClientSession: ...


async def begin_trial(running: Trial) -> None:
    """K-001 at BJ01, whose injection is still planned; and the staff."""
    await add_site(running.operator, running.study_id, "SH02")
    await running.enrol(row("K-001"))
    await running.status("K-001", Status.active)
    for login, (role, site) in STAFF.items():
        await make_staff(
            running.operator,
            running.study_id,
            login=login,
            password=PASSWORD,
            site=site,
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
async def seated(trial: Trial) -> AsyncIterator[SignedIn]:
    """Signs somebody of the staff in, in a browser of their own."""
    async with AsyncExitStack() as stack:

        async def give(login: str) -> aiohttp.ClientSession:
            browser = await stack.enter_async_context(browsing(trial.server))
            status, _ = await sign_in(browser, login)
            assert status == 200
            return browser

        yield give
