"""A screen that comes without its session stays in the page, and is saved from it (S5)."""

from __future__ import annotations

import aiohttp
import asyncpg
from aiohttp.test_utils import TestServer

from pro_service.services.cards import cards
from tests.integration.questionnaire.test_card import code_of, type_code
from tests.support.forms import PageForm, form_to
from tests.support.seed import (
    SeededParticipant,
    SeededStudy,
    seed_link,
    seed_participant,
    seed_visit,
)
from tests.support.study import ACTOR, Trial, open_trial, row
from tests.support.web import browsing, counts, open_questions

AGAIN = "Please open your link or your card again"
Fields = list[tuple[str, str]]


async def held(browser: aiohttp.ClientSession, data: Fields, path: str = "/q/s/1") -> PageForm:
    """Send a screen that cannot be saved now; the form in which it came back."""
    async with browser.post(path, data=data) as response:
        page = await response.text()
    assert response.status in (403, 409)
    assert AGAIN in page
    form = form_to(page, "/q/again")
    assert set(data) <= {*form.fields, ("code", "")}
    return form


def with_code(form: PageForm, code: str) -> Fields:
    """The form as it is sent with a code typed into it."""
    return [one for one in form.fields if one[0] != "code"] + [("code", code)]


async def stored(owner: asyncpg.Connection) -> dict[str, int]:
    """What is stored, by item."""
    rows = await owner.fetch("SELECT item, value FROM pro.responses ORDER BY item")
    return {row["item"]: row["value"] for row in rows}


async def by_card(trial: Trial, browser: aiohttp.ClientSession) -> Fields:
    """The first screen opened with the card's code, filled in and not sent yet."""
    await type_code(browser, await code_of(trial, "K-001"))
    async with browser.get("/q") as response:
        assert response.url.path == "/q/who"
    async with browser.post("/q/who", data={"who": "self"}) as response:
        return form_to(await response.text(), "/q/s/1").filled(pain_1="3", pain_2="4")


async def test_a_screen_without_its_cookie_stays_and_is_saved_once_the_link_is_open_again(
    owner: asyncpg.Connection, participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    """S5: cookie gone; no script is needed."""
    token = await seed_link(participant)
    form = form_to(await open_questions(browser, token), "/q/s/1")
    data = form.filled(pain_1="3", pain_2="4")
    browser.cookie_jar.clear()
    before = await counts(owner)
    first = await held(browser, data)
    again = await held(browser, first.fields, "/q/again")  # Pressed too early: nothing is lost.
    assert await counts(owner) == before
    await open_questions(browser, token)
    async with browser.post("/q/again", data=again.fields) as response:
        assert response.url.path_qs == "/q/s/1?open=1"
    assert await stored(owner) == {"pain_1": 3, "pain_2": 4}


async def test_a_code_typed_beside_the_entries_saves_them_though_cookies_are_refused(
    database_url: str,
) -> None:
    """S5: cookies refused while a screen is filled in."""
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001", channel="link"))
        await trial.move_to_next_nudge()
        async with browsing(trial.server) as browser:
            data = await by_card(trial, browser)
        jar = aiohttp.DummyCookieJar()
        address = trial.server.make_url("/")
        async with aiohttp.ClientSession(address, cookie_jar=jar) as refusing:
            form = await held(refusing, data)
            async with refusing.post("/q/again", data=with_code(form, "NOT-HERE")) as response:
                page = await response.text()
            assert response.status == 422
            assert "We could not find this code" in page
            assert set(data) <= set(form_to(page, "/q/again").fields)
            assert await trial.count("responses") == 0
            fields = with_code(form, await code_of(trial, "K-001"))
            async with refusing.post("/q/again", data=fields, allow_redirects=False) as response:
                assert response.status == 303
        assert await trial.fetch("SELECT item, value FROM responses ORDER BY item") == [
            ("pain_1", 3),
            ("pain_2", 4),
        ]


async def test_a_card_renewed_meanwhile_keeps_the_entries_until_the_new_one_is_open(
    database_url: str,
) -> None:
    """S5: every page the old card opened ends at once, and nothing typed into one is lost."""
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001", channel="link"))
        await trial.move_to_next_nudge()
        async with browsing(trial.server) as browser:
            data = await by_card(trial, browser)
            old = await code_of(trial, "K-001")
            await cards.renew_card(
                trial.operator,
                trial.context,
                trial.study_id,
                "K-001",
                actor=ACTOR,
                words="lost on the bus",
            )
            form = await held(browser, data)
            async with browser.post("/q/again", data=with_code(form, old)) as response:
                assert response.status == 422
            assert await trial.count("responses") == 0
            new = with_code(form, await code_of(trial, "K-001"))
            async with browser.post("/q/again", data=new) as response:
                assert response.url.path_qs == "/q/s/1?open=1"
            # The session the code opened goes on.
            async with browser.get("/q/review") as response:
                assert response.status == 200
        assert await trial.count("responses") == 2


async def test_entries_of_one_are_never_saved_for_another_whose_link_was_opened_since(
    owner: asyncpg.Connection,
    study: SeededStudy,
    participant: SeededParticipant,
    browser: aiohttp.ClientSession,
) -> None:
    token = await seed_link(participant)
    data = form_to(await open_questions(browser, token), "/q/s/1").filled(pain_1="3")
    spouse = await seed_participant(study, code="P-002", personal_code="A234568")
    await seed_visit(spouse)
    await open_questions(browser, await seed_link(spouse))
    before = await counts(owner)
    form = await held(browser, data)
    assert await counts(owner) == before
    await open_questions(browser, token)
    async with browser.post("/q/again", data=form.fields) as response:
        assert response.status == 200
    assert await owner.fetchval("SELECT DISTINCT participant_id FROM pro.responses") == (
        participant.id
    )


async def test_the_page_shows_nothing_but_what_came_and_only_fields_of_ours(
    participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    data = {"a.pain_1": '"><script>x</script>', "evil": "1", "a.pain_2": "5" * 500, "key": "k" * 9}
    async with browser.post("/q/s/1", data=data) as response:
        page = await response.text()
    assert "<script>x" not in page
    assert form_to(page, "/q/again").fields == [
        ("a.pain_1", '"><script>x</script>'),
        ("key", "k" * 9),
        ("code", ""),
    ]
    assert participant.code not in page


async def test_in_chinese_the_page_asks_in_chinese(browser: aiohttp.ClientSession) -> None:
    headers = {"Accept-Language": "zh-CN"}
    async with browser.post("/q/s/1", data={"a.pain_1": "3"}, headers=headers) as response:
        assert "请重新打开您的链接或卡片" in await response.text()


async def test_without_a_session_every_other_form_says_to_open_link_or_card_again(
    server: TestServer,
) -> None:
    async with browsing(server) as browser:
        for path in ("/q/review", "/q/decline", "/q/who"):
            async with browser.post(path, data={"key": "k" * 9}) as response:
                assert response.status == 403
                assert AGAIN in await response.text()
        async with browser.get("/q") as response:
            assert AGAIN in await response.text()
