"""Which answers a page shows: those this device gave, of what was not sent (R5, M1)."""

from __future__ import annotations

import re

import aiohttp
import asyncpg
import pytest
from aiohttp.test_utils import TestServer

from pro_service.services.pages.showing import (
    GivenHere,
    read_memory,
    shown_places,
    write_memory,
)
from pro_service.store.ids import new_id
from tests.support.forms import form_to
from tests.support.seed import SeededParticipant, make_context, seed_link
from tests.support.web import answer_everything, browsing, open_questions, send

HIDDEN = "Answered already."


async def first_screen(browser: aiohttp.ClientSession, token: str, value: int) -> None:
    form = form_to(await open_questions(browser, token), "/q/s/1")
    await browser.post("/q/s/1", data=form.filled(**dict.fromkeys(form.items, str(value))))


async def page_of(browser: aiohttp.ClientSession, path: str) -> str:
    async with browser.get(path) as response:
        return await response.text()


async def test_the_device_that_gave_answers_shows_them_and_no_other_does(
    participant: SeededParticipant, server: TestServer, browser: aiohttp.ClientSession
) -> None:
    token = await seed_link(participant)
    await first_screen(browser, token, 7)
    assert ("a.pain_1", "7") in form_to(await page_of(browser, "/q/s/1"), "/q/s/1").fields
    assert "7 (0 to 10)" in await page_of(browser, "/q/review")
    async with browsing(server) as other:
        page = await open_questions(other, token)
        assert form_to(page, "/q/s/2").items == ["stiffness_1", "stiffness_2"]
        before, review = await page_of(other, "/q/s/1"), await page_of(other, "/q/review")
        assert before.count(HIDDEN) == 5
        assert "checked" not in before
        assert "7 (0 to 10)" not in review
        assert review.count("<dd>Answered</dd>") == 5
        assert "Answers that were not given on this device are not shown here." in review


async def test_whoever_goes_on_elsewhere_sees_their_own_and_not_those_before(
    participant: SeededParticipant, server: TestServer, browser: aiohttp.ClientSession
) -> None:
    """A coordinator with the card who saves one answer does not come to see the others (M1)."""
    token = await seed_link(participant)
    await first_screen(browser, token, 7)
    async with browsing(server) as other:
        form = form_to(await open_questions(other, token), "/q/s/2")
        await other.post("/q/s/2", data=form.filled(**dict.fromkeys(form.items, "2")))
        review = await page_of(other, "/q/review")
    assert (review.count("2 (0 to 10)"), review.count("7 (0 to 10)")) == (2, 0)


async def test_what_a_device_may_not_see_it_cannot_change(
    owner: asyncpg.Connection,
    participant: SeededParticipant,
    server: TestServer,
    browser: aiohttp.ClientSession,
) -> None:
    """M15: an answer saved over is kept beside, even where the form names what stands."""
    token = await seed_link(participant)
    await first_screen(browser, token, 7)
    own = form_to(await page_of(browser, "/q/s/1"), "/q/s/1")
    async with browsing(server) as other:
        await open_questions(other, token)
        async with other.post("/q/s/1", data=own.filled(pain_1="1")) as response:
            assert response.url.path_qs == "/q/s/1?other=1"
            assert "kept beside it" in await response.text()
        # The same again is no way to be told what stands.
        async with other.post("/q/s/1", data=own.filled(pain_1="1")) as response:
            assert HIDDEN in await response.text()
    standing = "SELECT r.value FROM pro.sitting_responses c JOIN pro.responses r"
    assert await owner.fetchval(f"{standing} ON r.id = c.response_id WHERE r.item = 'pain_1'") == 7


async def test_leaving_the_page_forgets_what_was_given_on_the_device(
    participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    token = await seed_link(participant)
    await first_screen(browser, token, 7)
    await browser.post("/q/leave")
    await open_questions(browser, token)
    assert HIDDEN in await page_of(browser, "/q/s/1")


async def test_a_request_sent_twice_is_remembered_as_given_here(
    participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    """The first answer was lost on its way: the second tells the device all the same."""
    form = form_to(await open_questions(browser, await seed_link(participant)), "/q/s/1")
    data = form.filled(**dict.fromkeys(form.items, "6"))
    kept = [(one.key, one.value) for one in browser.cookie_jar]
    await browser.post("/q/s/1", data=data)
    browser.cookie_jar.clear()
    browser.cookie_jar.update_cookies(dict(kept), browser._build_url("/q"))
    assert HIDDEN in await page_of(browser, "/q/s/1")
    await browser.post("/q/s/1", data=data)
    assert HIDDEN not in await page_of(browser, "/q/s/1")


async def test_what_was_sent_is_shown_by_no_page(
    participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    token = await seed_link(participant)
    review = await answer_everything(browser, await open_questions(browser, token), 7)
    await send(browser, review)
    for path in ("/q", "/q/s/1", "/q/review", "/q/thanks", "/q/me", f"/q/{token}"):
        page = await page_of(browser, path)
        assert "7 (0 to 10)" not in page
        assert not re.search(r'name="a\.', page)


@pytest.mark.parametrize("cut", ["", "x", "~~~", "a.b.c"])
def test_a_mark_that_is_not_ours_shows_nothing(cut: str) -> None:
    vault, other = make_context().keys.vault, make_context().keys.vault
    sitting = new_id()
    memory = read_memory(vault, "").with_given([GivenHere(sitting, 0), GivenHere(sitting, 23)])
    cookie = write_memory(vault, memory)
    assert shown_places(read_memory(vault, cookie), sitting) == 1 | 1 << 23
    for forged in (cut, cookie[:-1], cookie.replace(".8", ".f"), write_memory(other, memory)):
        assert not shown_places(read_memory(vault, forged), sitting)
    assert not shown_places(read_memory(vault, cookie), new_id())
    assert not shown_places(read_memory(vault, cookie), None)
