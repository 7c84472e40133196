"""Four knees with a score and a value before the injection and at week 2, lived once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Final, TypeAlias

import aiohttp
import pytest

from pro_service.services.study.staff import make_staff
from tests.integration.exports.conftest import INJECTED, answer_all
from tests.support.databases import Prepared, prepare
from tests.support.databases.lending import Stock
from tests.support.desk import PASSWORD, sign_in
from tests.support.study import ACTOR, Left, Trial, go_on_with, open_trial, row
from tests.support.web import browsing

Browsers: TypeAlias = Callable[[str], Awaitable[aiohttp.ClientSession]]
LOCKED: Final = """
CREATE OR REPLACE FUNCTION pro.reads_locked(study uuid, as_of timestamptz) RETURNS boolean
    LANGUAGE sql STABLE AS 'SELECT true'
"""
"""What locks the reads, of which there are none here."""
ANSWERED: Final = {"K-001": (8, 4), "K-002": (7, 5), "K-003": (6, 2), "K-004": (5, 1)}
"""What each answered to everything, before the injection and at week 2."""
MEASURED: Final = {"K-001": (20, 18), "K-002": (24, 23), "K-003": (22, 20), "K-004": (21, 23)}
"""UTE T2* of the same knees, in ms. The changes: scores -40 -20 -40 -40, values -2 -1 -2 2."""
STAFF: Final = {
    "anna": ("coordinator", "BJ01"),
    "ines": ("investigator", "BJ01"),
    "dora": ("data_manager", None),
}
VALUE: Final = """
INSERT INTO pro.measurements (study_id, id, thing_id, revision, participant_id, measure,
                              measure_version, definition_sha256, target, measured_on, region,
                              layer, value, gap, reader, read_number, struck, actor)
SELECT p.study_id, i.id, i.id, 1, p.id, 'ute_t2s', '1', repeat('0', 64), 'left_knee', '{day}',
       'cMFC', 'full', {value}, {gap}, 'R1', 1, false, 'cli:test'
FROM pro.participants AS p CROSS JOIN (SELECT gen_random_uuid() AS id) AS i
WHERE p.code = '{code}'
"""


def value_of(code: str, day: str, value: int | None) -> str:
    """The statement by which a value is there; None: it was unreadable."""
    gap = "'unreadable'" if value is None else "NULL"
    return VALUE.format(code=code, day=day, value="NULL" if value is None else value, gap=gap)


async def follow(url: str) -> Left:
    """Four answer twice; K-005 has an unreadable image and no answer, K-001 an image too many."""
    async with open_trial(url) as trial:
        codes = [*ANSWERED, "K-005"]
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
        for code, (before, _) in ANSWERED.items():
            await answer_all(trial, code, before)
        await trial.move(INJECTED)
        for code in codes:
            await trial.happened(code)
        await trial.move(INJECTED + timedelta(days=14))
        await trial.remind()
        await trial.provider.drain()
        for code, (_, after) in ANSWERED.items():
            await answer_all(trial, code, after)
        for code, (before, after) in MEASURED.items():
            await trial.owner_does(value_of(code, "2026-01-11", before))
            await trial.owner_does(value_of(code, "2026-01-28", after))
        await trial.owner_does(value_of("K-001", "2026-06-01", 30))
        await trial.owner_does(value_of("K-005", "2026-01-11", None))
        await trial.move(INJECTED + timedelta(days=20))
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
