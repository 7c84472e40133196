"""Screens as the protocol wants them; going back and changing the language lose nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import asyncpg
import pytest
from aiohttp.test_utils import TestServer

from pro_service.services.base.context import ServiceContext
from tests.support.forms import form_to
from tests.support.seed import (
    SeededParticipant,
    SeededStudy,
    seed_link,
    seed_participant,
    seed_study,
    seed_visit,
)
from tests.support.statements import statements
from tests.support.web import answer_everything, counts, open_questions, send

ONE_BY_ONE = "one by one"


@asynccontextmanager
async def womac_alone(
    owner: asyncpg.Connection,
    context: ServiceContext,
    browser: aiohttp.ClientSession,
    screens: str,
) -> AsyncIterator[str]:
    """A participant asked nothing but WOMAC, with its questions open; the first page."""
    study = await seed_study(owner, context, screens=screens)
    participant = await seed_participant(study)
    await seed_visit(participant, asks=(("womac-nrs-3.1", "left_knee"),))
    yield await open_questions(browser, await seed_link(participant))


async def test_one_question_a_screen_where_the_protocol_wants_it_so(
    owner: asyncpg.Connection, context: ServiceContext, browser: aiohttp.ClientSession
) -> None:
    async with womac_alone(owner, context, browser, ONE_BY_ONE) as page:
        assert form_to(page, "/q/s/1").items == ["pain_1"]
        assert "Question 1 of 24" in page
        async with browser.get("/q/s/24") as response:
            last = await response.text()
        assert "Question 24 of 24" in last
        assert form_to(last, "/q/s/24").items == ["function_17"]
        thanks = await send(browser, await answer_everything(browser, page))
        assert thanks.url.path == "/q/thanks"
    assert await owner.fetchval("SELECT count(*) FROM pro.responses") == 24
    total = await owner.fetchval("SELECT raw FROM pro.scores WHERE scale = 'total'")
    assert total == 24 * 4


async def test_short_groups_where_the_protocol_says_nothing_else(
    owner: asyncpg.Connection, context: ServiceContext, browser: aiohttp.ClientSession
) -> None:
    async with womac_alone(owner, context, browser, "grouped") as page:
        assert "Questions 1 to 5 of 24" in page
        async with browser.get("/q/s/5") as response:
            assert "Questions 20 to 24 of 24" in await response.text()
        async with browser.get("/q/s/6") as response:
            assert response.url.path == "/q/s/1"


async def test_back_saves_what_was_entered_and_asks_for_nothing(
    owner: asyncpg.Connection, participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    page = await open_questions(browser, await seed_link(participant))
    form = form_to(page, "/q/s/1")
    async with browser.post("/q/s/1", data=form.filled(**dict.fromkeys(form.items, "3"))) as one:
        second = form_to(await one.text(), "/q/s/2")
    data = [*second.filled(stiffness_1="6"), ("back", "1")]
    async with browser.post("/q/s/2", data=data) as response:
        assert response.url.path_qs == "/q/s/1"
    async with browser.get("/q/s/2") as response:
        again = form_to(await response.text(), "/q/s/2")
    assert ("a.stiffness_1", "6") in again.fields
    assert await owner.fetchval("SELECT count(*) FROM pro.responses") == 6


async def test_back_from_an_untouched_screen_stores_nothing(
    owner: asyncpg.Connection, participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    await open_questions(browser, await seed_link(participant))
    async with browser.get("/q/s/3") as response:
        form = form_to(await response.text(), "/q/s/3")
    before = await counts(owner)
    async with browser.post("/q/s/3", data=[*form.fields, ("back", "1")]) as response:
        assert response.url.path == "/q/s/2"
    assert await counts(owner) == before


async def test_changing_the_language_keeps_what_was_entered_and_stores_nothing(
    owner: asyncpg.Connection, participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    page = await open_questions(browser, await seed_link(participant))
    form = form_to(page, "/q/s/1")
    before = await counts(owner)
    data = [*form.filled(pain_1="5", pain_3="nonsense"), ("language", "zh_CN")]
    async with browser.post("/q/s/1", data=data) as response:
        assert (response.status, response.url.path) == (200, "/q/s/1")
        page = await response.text()
    assert '<html lang="zh-Hans">' in page
    assert "请检查" not in page
    again = form_to(page, "/q/s/1")
    assert ("a.pain_1", "5") in again.fields
    assert await counts(owner) == before
    async with browser.get("/q/s/2") as response:
        assert '<html lang="zh-Hans">' in await response.text()
    async with browser.post("/q/s/1", data=[*form.fields, ("language", "fr")]) as response:
        assert response.status == 400


async def test_the_question_who_answers_keeps_its_choice_in_the_other_language(
    participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    await browser.post(f"/q/{await seed_link(participant)}/open")
    data = {"who": "proxy.child", "language": "zh_CN"}
    async with browser.post("/q/who", data=data) as response:
        page = await response.text()
    assert "由谁来回答" in page
    assert form_to(page, "/q/who").fields == [("who", "proxy.child")]
    async with browser.get("/q") as response:
        assert response.url.path == "/q/who"


async def test_our_script_gets_the_next_screen_with_the_one_after_it(
    owner: asyncpg.Connection,
    participant: SeededParticipant,
    server: TestServer,
    browser: aiohttp.ClientSession,
) -> None:
    page = await open_questions(browser, await seed_link(participant))
    form = form_to(page, "/q/s/1")
    data = form.filled(**dict.fromkeys(form.items, "3"))
    ours = {"X-Page": "in-place"}
    for _ in range(2):  # Sent again after the answer was lost on the way.
        async with browser.post("/q/s/1", data=data, headers=ours, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["X-Page-Address"]) == (200, "/q/s/2")
            page = await answer.text()
        here, _, ahead = page.partition('<template id="ahead" data-address="/q/s/3">')
        assert form_to(here, "/q/s/2").items == ["stiffness_1", "stiffness_2"]
        assert form_to(ahead, "/q/s/3").items[0] == "function_1"
    keys = {form_to(here, "/q/s/2").fields[0], form_to(ahead, "/q/s/3").fields[0]}
    assert len(keys) == 2
    assert await owner.fetchval("SELECT count(*) FROM pro.responses") == 5
    async with browser.get("/q/s/2") as plain:
        assert "<template" not in await plain.text()


async def test_after_the_last_open_screen_nothing_is_ahead_but_the_review(
    participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    page = await open_questions(browser, await seed_link(participant))
    await answer_everything(browser, page)
    async with browser.get("/q/s/4", headers={"X-Page": "in-place"}) as response:
        page = await response.text()
    assert "<template" not in page
    form = form_to(page, "/q/s/4")
    data = form.filled(function_7="9")
    async with browser.post("/q/s/4", data=data, headers={"X-Page": "in-place"}) as response:
        assert response.headers["X-Page-Address"] == "/q/review"
        assert response.headers["X-Page-Address"] == "/q/review"


async def test_both_knees_are_told_apart_on_every_question(
    study: SeededStudy, browser: aiohttp.ClientSession
) -> None:
    participant = await seed_participant(study)
    both = (("womac-nrs-3.1", "left_knee"), ("womac-nrs-3.1", "right_knee"))
    await seed_visit(participant, asks=both)
    await open_questions(browser, await seed_link(participant))
    for number in range(1, 11):
        async with browser.get(f"/q/s/{number}") as response:
            page = await response.text()
        knee, other = ("Left", "Right") if number <= 5 else ("Right", "Left")
        asked = len(form_to(page, f"/q/s/{number}").items)
        assert page.count(f"<legend>{knee} knee: ") == asked
        assert f"<legend>{other} knee: " not in page


async def test_a_screen_is_saved_in_one_trip_and_what_stands_around_facts_is_read_to_show_one(
    participant: SeededParticipant,
    browser: aiohttp.ClientSession,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = await open_questions(browser, await seed_link(participant))
    for number, headers, expected in ((1, {}, 1), (2, {"X-Page": "in-place"}, 0)):
        form = form_to(page, f"/q/s/{number}")
        data = form.filled(**dict.fromkeys(form.items, "3"))
        with statements(monkeypatch) as said:
            async with browser.post(f"/q/s/{number}", data=data, headers=headers) as response:
                page = await response.text()
        read = Counter(said)
        assert (read["look_again_by_link"], read["find_guest_by_link"]) == (expected, 0)


async def test_thanks_by_its_address_before_anything_was_sent_leads_back_to_the_questions(
    participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    await open_questions(browser, await seed_link(participant))
    async with browser.get("/q/thanks") as response:
        assert response.url.path.startswith("/q/s/")
        assert "reached us" not in await response.text()
