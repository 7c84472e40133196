"""What a journey, a text and a reminder cost in statements, trips and bytes: no more than now.

A trip is one wait for the database's answer, counted on the wire: BEGIN and COMMIT are trips, and
a statement met for the first time costs a second one. So each way is gone once before it is
counted. Nothing here is a time. Pages read are held in `record/test_query_plans.py`; what the
statements of a reminder are, in `texting/test_statements.py`.

The bounds are what was counted in November 2026. Lower them with what they count.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Final

import pytest
from aiohttp.test_utils import TestServer

from pro_service.services.base.context import ServiceContext
from pro_service.store.built_in import ELEMENTS
from pro_service.store.ids import new_id
from pro_service.store.pools import open_pools
from tests.benchmarks.measuring.telephone import Telephone
from tests.benchmarks.measuring.walking import journey
from tests.support.programs import ask, seed_key
from tests.support.proxy import DatabaseProxy, proxy_to
from tests.support.seed import SeededStudy, seed_link, seed_participant, seed_visit
from tests.support.statements import statements
from tests.support.study import open_trial, phone, post_text, row
from tests.support.web import browsing, serving

JOURNEY: Final = {True: 10, False: 19}
"""Statements of a journey of 26 answers, by whether the pages' script works; each is a trip."""
ANSWER_STATEMENTS, ANSWER_TRIPS = 2, 2
"""Of a signed text with an answer, to its reply."""
WORDS_STATEMENTS, WORDS_TRIPS = 4, 4
"""Of one that somebody must read."""
REMINDER_STATEMENTS, REMINDER_TRIPS = 7, 7
"""Of a nudge that is due, until it is marked as sent; the simulated telephone's own is one."""
WAVE: Final = 10
WAVE_STATEMENTS: Final = 5 + 2 * WAVE
"""Of as many nudges that are due together; a mark each at most, and the telephone's own."""
PAGE_OF_LIST: Final = 2
"""Of a page of a hundred over the API: whose key it is, and the page."""
PAGES: Final = {"link": 1_700, "who": 2_900, "s": 22_400, "review": 8_200, "thanks": 1_800}
"""Bytes of the largest page of a kind, a tenth above what was seen; a screen brings the next."""
FILES: Final = 29_000
"""Bytes of style sheet and scripts together, which a browser keeps."""
EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_FILE: Final = re.compile(r'(?:href|src)="(/q/static/[^"]+)"')


@pytest.fixture
async def proxy(database_url: str) -> AsyncIterator[DatabaseProxy]:
    """The way to the database that counts trips."""
    async with proxy_to(database_url) as counting:
        yield counting


def _untimed(_: float) -> None:
    """How long a save took is nobody's business here."""


async def _size_of_files(server: TestServer, page: str) -> int:
    async with browsing(server) as http:
        sizes = []
        for address in set(_FILE.findall(page)):
            async with http.get(address) as response:
                sizes.append(len(await response.read()))
        assert len(sizes) >= 2, page
        return sum(sizes)


@pytest.mark.parametrize("scripts", [True, False])
async def test_a_journey_costs_no_more_statements_trips_and_bytes_than_before(
    proxy: DatabaseProxy,
    study: SeededStudy,
    context: ServiceContext,
    monkeypatch: pytest.MonkeyPatch,
    *,
    scripts: bool,
) -> None:
    tokens = []
    for number in (2, 3):
        made = await seed_participant(study, code=f"P-{number}", personal_code=f"A23456{number}")
        await seed_visit(made)
        tokens.append(await seed_link(made))
    sizes: dict[str, int] = {}
    screens: list[str] = []

    def seen(address: str, page: str) -> None:
        kind = address.split("/")[2]
        sizes[kind] = max(sizes.get(kind, 0), len(page.encode()))
        screens.extend([page] if kind == "s" else [])

    async with await open_pools(proxy.url) as pools, serving(pools, context) as server:
        telephone = Telephone(str(server.make_url("/")))
        await journey(telephone, tokens[0], _untimed, scripts=scripts)
        telephone.forget()
        before = proxy.trips
        with statements(monkeypatch) as said:
            await journey(telephone, tokens[1], _untimed, scripts=scripts, seen=seen)
        trips = proxy.trips - before
        await telephone.close()
        files = await _size_of_files(server, screens[0])
    assert len(said) <= JOURNEY[scripts], said
    assert trips <= JOURNEY[scripts]
    assert sizes.keys() == PAGES.keys()
    assert {kind for kind, size in sizes.items() if size > PAGES[kind]} == set(), sizes
    assert files <= FILES


async def test_a_text_costs_no_more_statements_and_trips_than_before(
    proxy: DatabaseProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_trial(proxy.url) as trial:
        await trial.enrol(row("K-001"))
        await trial.ask()
        base = str(trial.server.make_url("")).rstrip("/")

        async def counted(words: str) -> tuple[list[str], int]:
            before = proxy.trips
            with statements(monkeypatch) as said:
                status, _ = await post_text(base, phone(1), words, provider_id=f"in-{len(words)}")
            assert status == 200
            return said, proxy.trips - before

        await counted("4")
        answer, trips = await counted(" 5")
        await counted("is my knee swollen?")
        words, words_trips = await counted("my knee is swollen")
        stored = await trial.count("responses")
    assert stored == 2
    assert len(answer) <= ANSWER_STATEMENTS, answer
    assert trips <= ANSWER_TRIPS
    assert len(words) <= WORDS_STATEMENTS, words
    assert words_trips <= WORDS_TRIPS


async def test_a_reminder_costs_no_more_statements_and_trips_than_before(
    proxy: DatabaseProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_trial(proxy.url) as trial:
        await trial.enrol(row("K-001"))
        await trial.ask()
        await trial.move_to_next_nudge()
        before = proxy.trips
        with statements(monkeypatch) as said:
            assert await trial.remind() == 1
        trips = proxy.trips - before
        assert len(await trial.texts("K-001")) == 2
    assert len(said) <= REMINDER_STATEMENTS, said
    assert trips <= REMINDER_TRIPS


async def test_a_wave_of_reminders_costs_no_more_statements_than_before(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = [f"K-{number:03}" for number in range(1, WAVE + 1)]
    async with open_trial(database_url) as trial:
        await trial.enrol(*(row(code) for code in codes))
        await trial.ask()
        await trial.move_to_next_nudge()
        with statements(monkeypatch) as said:
            assert await trial.remind() == WAVE
        assert [len(await trial.texts(code)) for code in codes] == [2] * WAVE
    assert len(said) <= WAVE_STATEMENTS, said


async def test_a_new_connection_asks_nothing_before_its_first_statement(
    proxy: DatabaseProxy,
) -> None:
    arrays = {"uuid": [new_id()], "bytea": [b"1"], "text": ["a"], "timestamptz": [EPOCH]}
    arrays |= {
        "int8": [1],
        "int4": [2],
        "jsonb": [{"a": 1}],
        "float8": [0.5],
        "date": [EPOCH.date()],
    }
    asked = ", ".join(f"${n}::{name}[]" for n, name in enumerate(arrays, start=1))
    async with await open_pools(proxy.url) as pools:
        row = await pools.worker.fetchrow(f"SELECT {asked}", *arrays.values())
        assert row is not None
        assert list(row) == list(arrays.values())
        assert proxy.trips == 1
        told = await pools.worker.fetch(
            "SELECT oid, typname, typelem FROM pg_type WHERE oid = ANY ($1::oid[])", list(ELEMENTS)
        )
    assert {one["oid"]: (one["typname"], one["typelem"]) for one in told} == ELEMENTS


async def test_a_page_over_the_api_costs_no_more_trips_than_before(
    proxy: DatabaseProxy,
    study: SeededStudy,
    context: ServiceContext,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await seed_participant(study, code="P-2", personal_code="A234562")
    made = await seed_key(study)
    lists = ("/participants?limit=100", "/alerts?limit=100", "/calls?limit=100")
    async with (
        await open_pools(proxy.url, sizes={"desk": 1}) as pools,
        serving(pools, context) as server,
        browsing(server) as http,
    ):
        for path in lists:
            assert (await ask(http, made, path)).status == 200
        for path in lists:
            before = proxy.trips
            with statements(monkeypatch) as said:
                assert (await ask(http, made, path)).status == 200
            assert len(said) <= PAGE_OF_LIST, said
            assert proxy.trips - before <= PAGE_OF_LIST
