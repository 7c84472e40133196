"""The desk's list, filters and figures say what the domain says, of any study, at any time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import asyncpg
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from pro_service.domain.study.assessments import AssessmentState
from pro_service.services.desk.listing.signs import STATE_SIGNS
from pro_service.store.pools import connect
from pro_service.store.visits.outlooks import refresh_outlooks
from tests.support.databases import clone
from tests.support.outlooks.compared import compare
from tests.support.outlooks.generated import (
    DEFINITIONS,
    INSTRUMENTS,
    ITEMS,
    Made,
    Person,
    people,
    people_until_now,
    store,
)
from tests.support.outlooks.lists import derived_lists_of, lists_of


@dataclass(frozen=True)
class Lab:
    """A database for study after study, and the loop its connections live on."""

    runner: asyncio.Runner
    superuser: asyncpg.Connection
    desk: asyncpg.Connection
    worker: asyncpg.Connection

    async def holds(self, listed: list[Person], kept: list[bool], hours: list[int]) -> None:
        """Compare with nothing kept, with some kept, and with some kept as time goes on."""
        made = await store(self.superuser, listed)
        await self.desk.execute("SELECT set_config('pro.site_ids', $1, false)", str(made.site_id))
        await compare(self.desk, made.study_id, ITEMS, ())
        await self.keep(made, kept)
        await compare(self.desk, made.study_id, ITEMS, DEFINITIONS[:1])
        for ahead in sorted(hours):
            await self.move(timedelta(hours=ahead))
            await compare(self.desk, made.study_id, ITEMS, ())
        await self.keep(made, kept)
        await compare(self.desk, made.study_id, ITEMS, ())
        await self.move(timedelta(0))

    async def lists_hold(self, listed: list[Person], kept: list[bool], hours: list[int]) -> None:
        """Compare Today's lists, looked up where some are kept, with nothing kept."""
        made = await store(self.superuser, listed)
        await self.keep(made, kept)
        for ahead in (0, *hours):
            await self.move(timedelta(hours=ahead))
            transaction = self.superuser.transaction()
            await transaction.start()
            given = (self.superuser, made.study_id, [made.site_id], INSTRUMENTS)
            assert await lists_of(*given) == await derived_lists_of(*given)
            await transaction.rollback()
        await self.move(timedelta(0))

    async def keep(self, made: Made, kept: list[bool]) -> None:
        """The worker comes by some of them."""
        rows = await self.superuser.fetch(
            "SELECT id FROM pro.participants WHERE study_id = $1 ORDER BY code", made.study_id
        )
        chosen = [row["id"] for row, one in zip(rows, kept, strict=False) if one]
        await refresh_outlooks(self.worker, made.study_id, chosen, ITEMS)

    async def move(self, ahead: timedelta) -> None:
        """Study time stands so far ahead of the clock."""
        await self.superuser.execute("UPDATE pro.study_clock SET ahead = $1", ahead)


@contextmanager
def laboratory(url: str) -> Iterator[Lab]:
    with asyncio.Runner() as runner:
        superuser = runner.run(connect(url, role=None, actor="test:superuser"))
        desk = runner.run(connect(url, role="pro_desk", actor="test:desk"))
        worker = runner.run(connect(url, role="pro_worker", actor="test:worker"))
        yield Lab(runner, superuser, desk, worker)
        for one in (superuser, desk, worker):
            runner.run(one.close())


@pytest.fixture(scope="module")
def lab(server_url: str, template_database: str) -> Iterator[Lab]:
    """One database for all examples."""
    with clone(server_url, template_database) as url, laboratory(url) as made:
        yield made


@given(
    listed=st.lists(people, min_size=1, max_size=6),
    kept=st.lists(st.booleans(), min_size=6, max_size=6),
    hours=st.lists(st.integers(1, 150), max_size=1),
)
# Each looks dozens of times; more of them are tried by the thorough profile.
@settings(max_examples=settings().max_examples // 8, phases=(Phase.generate,))
def test_the_list_says_what_the_domain_says(
    lab: Lab, listed: list[Person], kept: list[bool], hours: list[int]
) -> None:
    lab.runner.run(lab.holds(listed, kept, hours))


@given(
    listed=st.lists(people_until_now, min_size=1, max_size=6),
    kept=st.lists(st.booleans(), min_size=6, max_size=6),
    hours=st.lists(st.integers(1, 150), max_size=1),
)
@settings(max_examples=settings().max_examples // 4, phases=(Phase.generate,))
def test_the_lists_of_today_say_what_the_record_says(
    lab: Lab, listed: list[Person], kept: list[bool], hours: list[int]
) -> None:
    lab.runner.run(lab.lists_hold(listed, kept, hours))


def test_the_bits_are_the_states_in_their_order() -> None:
    assert [STATE_SIGNS[state] for state in AssessmentState] == [2**n for n in range(10)]
