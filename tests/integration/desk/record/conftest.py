"""A trial at two sites with somebody in every role, each signed in when asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Protocol

import aiohttp
import pytest

from pro_service.domain.study.facts import Status
from pro_service.services.study.staff import make_staff
from tests.support.desk import PASSWORD, sign_in
from tests.support.study import ACTOR, Trial, add_site, open_trial, row
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


@pytest.fixture
async def trial(database_url: str) -> AsyncIterator[Trial]:
    """K-001 at BJ01, asked once; and the staff."""
    async with open_trial(database_url) as running:
        await add_site(running.operator, running.study_id, "SH02")
        await running.enrol(row("K-001"))
        await running.happened("K-001", statuses=[Status.active])
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
