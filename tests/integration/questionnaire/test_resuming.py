"""Coming back: one count everywhere, why questions begin afresh, links as they are copied."""

from __future__ import annotations

import aiohttp
import asyncpg
from aiohttp.test_utils import TestServer

from pro_service.services.pages.tokens import bare_token, token_copied
from tests.support.forms import form_to
from tests.support.seed import SeededParticipant, seed_link
from tests.support.web import answer_everything, browsing, open_questions

TAILS = (
    *(".", ",", ")", "/", "。", "，", "!", "?", ";", ":", "'", '"', "”", "」", "）", "》", "、"),
    *("；", "：", "！", "？", "…", ">", "]", "*", ").", "/.", "。”", "\u200b", " ", "请打开", "/)"),
)


async def text_of(browser: aiohttp.ClientSession, path: str) -> str:
    async with browser.get(path) as response:
        assert response.status == 200
        return await response.text()


async def save_first(browser: aiohttp.ClientSession, page: str) -> str:
    """Save the first screen, five answers; the page that follows."""
    form = form_to(page, "/q/s/1")
    data = form.filled(**dict.fromkeys(form.items, "3"))
    async with browser.post("/q/s/1", data=data) as response:
        return await response.text()


async def test_one_count_is_said_everywhere(
    participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    """S6: the number of questions is that of all, and what is answered is said beside it."""
    token = await seed_link(participant)
    welcome = await text_of(browser, f"/q/{token}")
    assert "There are 26 questions. They take about 7 min." in welcome
    # No longer than answers are taken as of one sitting, however long the visit is open.
    assert "within 12 hours of beginning" in welcome
    page = await open_questions(browser, token)
    assert "Questions 1 to 5 of 26" in page
    after = await save_first(browser, page)
    assert "Questions 6 to 7 of 26" in after
    said = "5 of 26 questions are answered. The other 21 take about 6 min."
    for path in (f"/q/{token}", "/q/me"):
        assert said in await text_of(browser, path)
    assert ">Go on</button>" in await text_of(browser, f"/q/{token}")


async def test_after_the_recall_span_every_page_says_why_it_begins_afresh(
    owner: asyncpg.Connection, participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    """S3: what was kept, from when, and why all is asked again."""
    token = await seed_link(participant)
    await save_first(browser, await open_questions(browser, token))
    day = await owner.fetchval("SELECT to_char(pro.now(), 'FMDay FMDD FMMonth YYYY')")
    await owner.execute("SELECT pro.move_clock(pro.now() + interval '4 days')")
    why = f"You answered 5 of these questions on {day}. They ask about a short time"
    kept = "so they begin afresh. What you answered then is kept."
    for path in (f"/q/{token}", "/q/me"):
        page = await text_of(browser, path)
        assert why in page
        assert kept in page
        assert "There are 26 questions." in page
    first = await open_questions(browser, token)
    assert why in first
    assert "Questions 1 to 5 of 26" in first
    # Once something is answered again, it is said no more.
    assert "begin afresh" not in await save_first(browser, first)
    assert "begin afresh" not in await text_of(browser, "/q/me")
    assert await owner.fetchval("SELECT count(*) FROM pro.responses") == 10


async def test_first_screen_and_review_say_what_becomes_of_answers_that_are_not_sent(
    participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    """R2: in one sentence."""
    said = "what you do not send is kept, marked as not sent, and may not count."
    token = await seed_link(participant)
    assert said in await text_of(browser, f"/q/{token}")
    page = await open_questions(browser, token)
    assert said in await answer_everything(browser, page)
    assert said in await text_of(browser, "/q/me")


async def test_a_link_copied_with_what_stood_after_it_opens_and_another_does_not(
    server: TestServer, participant: SeededParticipant
) -> None:
    """S7, and signs of both languages, and words right after it."""
    token = await seed_link(participant)
    closed = []
    for tail in TAILS:
        async with browsing(server) as browser, browser.get(f"/q/{token}{tail}") as response:
            begins = f'action="/q/{token}/open"' in await response.text()
            if (response.status, response.url.path, begins) != (200, f"/q/{token}", True):
                closed.append(tail)
    assert closed == []
    opened = []
    for path in ("/q/{}x", "/q/{}/open", "/q/{}/1", "/c/{}/open"):
        async with browsing(server) as browser, browser.get(path.format(token)) as response:
            if response.status not in (404, 405):
                opened.append(path)
    assert opened == []


def test_a_further_letter_or_digit_makes_another_token() -> None:
    token = "abcdefghijklmnopqrstuvwxyz"
    assert bare_token(f"{token}。") == bare_token(token) == token
    assert bare_token(f"{token}1") is None
    assert bare_token("short.") is None
    assert token_copied(token, "") == token
    assert token_copied(token, "open") is None
