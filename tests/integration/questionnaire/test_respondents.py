"""Who is answering: asked once a sitting, nothing preselected, kept with the attempt."""

from __future__ import annotations

import aiohttp
import asyncpg
import pytest
from aiohttp.test_utils import TestServer

from pro_service.domain.study.respondents import RESPONDENTS
from tests.support.forms import form_to
from tests.support.seed import (
    SeededParticipant,
    SeededStudy,
    seed_link,
    seed_participant,
    seed_visit,
)
from tests.support.web import answer_everything, browsing, open_questions, send

WHO = ("respondent", "respondent_relation")


async def respondents(owner: asyncpg.Connection) -> list[tuple[str, str | None]]:
    """Who answered, attempt by attempt."""
    rows = await owner.fetch(f"SELECT {', '.join(WHO)} FROM pro.attempts ORDER BY id")
    return [(row[0], row[1]) for row in rows]


async def answer_first_screen(browser: aiohttp.ClientSession, page: str) -> str:
    """Answer the screen this page shows; the page that follows."""
    form = form_to(page, "/q/s/1")
    data = form.filled(**dict.fromkeys(form.items, "3"))
    async with browser.post("/q/s/1", data=data) as response:
        return await response.text()


async def test_the_page_asks_plainly_with_nothing_preselected_and_takes_no_silence(
    participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    token = await seed_link(participant)
    async with browser.post(f"/q/{token}/open") as response:
        assert response.url.path == "/q/who"
        form = form_to(await response.text(), "/q/who")
    assert form.choices["who"] == [one.word for one in RESPONDENTS]
    assert form.fields == []
    for data in ({}, {"who": "neighbour"}, {"who": "proxy"}):
        async with browser.post("/q/who", data=data) as response:
            assert response.status == 422
            assert "Please choose who is giving the answers." in await response.text()
    async with browser.get("/q/s/1") as response:
        assert response.url.path == "/q/who"


@pytest.mark.parametrize("respondent", RESPONDENTS, ids=lambda one: one.word)
async def test_whoever_answers_is_kept_with_each_attempt_of_the_sitting(
    owner: asyncpg.Connection,
    study: SeededStudy,
    browser: aiohttp.ClientSession,
    respondent: object,
) -> None:
    word = str(getattr(respondent, "word", ""))
    participant = await seed_participant(study)
    await seed_visit(participant, asks=(("pain-nrs", "left_knee"), ("pga", "person")))
    page = await open_questions(browser, await seed_link(participant), word)
    assert (await send(browser, await answer_everything(browser, page))).url.path == "/q/thanks"
    kind, _, relation = word.partition(".")
    assert await respondents(owner) == [(kind, relation or None)] * 2


async def test_a_sitting_that_goes_on_elsewhere_does_not_ask_again(
    owner: asyncpg.Connection,
    participant: SeededParticipant,
    server: TestServer,
    browser: aiohttp.ClientSession,
) -> None:
    token = await seed_link(participant)
    await answer_first_screen(browser, await open_questions(browser, token, "proxy.child"))
    async with browsing(server) as other:
        async with other.post(f"/q/{token}/open") as response:
            assert response.url.path == "/q/s/2"
            page = await response.text()
        await answer_everything(other, page)
    assert await respondents(owner) == [("proxy", "child")] * 3


async def test_a_sitting_keeps_who_began_it_and_the_next_part_has_who_took_over(
    owner: asyncpg.Connection, participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    token = await seed_link(participant)
    page = await answer_first_screen(browser, await open_questions(browser, token))
    assert "Somebody else is answering now" not in page
    async with browser.get("/q/s/6") as response:
        assert 'href="/q/who"' in await response.text()
    async with browser.post("/q/who", data={"who": "proxy.carer"}) as response:
        assert response.url.path == "/q/s/2"
        page = await response.text()
    await answer_everything(browser, page)
    assert await respondents(owner) == [("self", None)] + [("proxy", "carer")] * 2


async def test_a_new_sitting_asks_anew(
    owner: asyncpg.Connection,
    participant: SeededParticipant,
    server: TestServer,
    browser: aiohttp.ClientSession,
) -> None:
    token = await seed_link(participant)
    await answer_first_screen(browser, await open_questions(browser, token))
    await owner.execute("SELECT pro.move_clock(pro.now() + interval '25 hours')")
    async with browsing(server) as later, later.post(f"/q/{token}/open") as response:
        assert response.url.path == "/q/who"


async def test_who_answered_for_one_participant_is_not_taken_for_another_on_the_same_device(
    study: SeededStudy, participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    await open_questions(browser, await seed_link(participant), "proxy.spouse")
    spouse = await seed_participant(study, code="P-002", personal_code="A234568")
    await seed_visit(spouse)
    async with browser.post(f"/q/{await seed_link(spouse)}/open") as response:
        assert response.url.path == "/q/who"


async def test_a_form_says_who_answered_it_even_if_the_device_has_forgotten(
    owner: asyncpg.Connection, participant: SeededParticipant, server: TestServer
) -> None:
    token = await seed_link(participant)
    async with browsing(server) as browser:
        page = await open_questions(browser, token, "self_with_reader")
    async with browsing(server) as forgetful:
        await forgetful.post(f"/q/{token}/open")
        form = form_to(page, "/q/s/1")
        data = form.filled(**dict.fromkeys(form.items, "3"))
        async with forgetful.post("/q/s/1", data=data) as response:
            assert response.url.path == "/q/s/2"
        nobody = [(name, value) for name, value in data if name != "who"]
        await owner.execute("SELECT pro.move_clock(pro.now() + interval '25 hours')")
        async with forgetful.post("/q/s/1", data=nobody) as response:
            assert response.status == 400
    assert await respondents(owner) == [("self_with_reader", None)]


async def test_the_database_takes_a_relation_from_proxies_only(
    owner: asyncpg.Connection, participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    token = await seed_link(participant)
    await answer_first_screen(browser, await open_questions(browser, token))
    for change in ("respondent = 'proxy'", "respondent_relation = 'child'"):
        with pytest.raises(asyncpg.CheckViolationError):
            await owner.execute(f"UPDATE pro.attempts SET {change}")
