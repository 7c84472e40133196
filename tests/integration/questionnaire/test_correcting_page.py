"""A participant asks from the own page that an answer be corrected: a task, and the evidence."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from pro_service.services.study.staff import make_staff
from tests.integration.questionnaire.test_own_page import lived_in, read
from tests.support.desk import PASSWORD, page, press, sign_in
from tests.support.forms import form_to
from tests.support.record.words import spoken
from tests.support.study import ACTOR, Trial
from tests.support.web import answer_everything, browsing, send

PATH = "/q/me/correct"
WORDS = "pain today: I pressed the wrong one, I meant less"


@asynccontextmanager
async def sent(url: str) -> AsyncIterator[tuple[Trial, aiohttp.ClientSession]]:
    """A participant who has sent everything, on their own page; and two of the site's staff."""
    async with lived_in(url) as (trial, browser):
        async with browser.get("/q") as answer:
            review = await answer_everything(browser, await answer.text())
        (await send(browser, review)).close()
        for login, role in (("anna", "coordinator"), ("ines", "investigator")):
            await make_staff(
                trial.operator,
                trial.study_id,
                login=login,
                password=PASSWORD,
                site="BJ01",
                role=role,
                actor=ACTOR,
            )
        yield trial, browser


async def ask(browser: aiohttp.ClientSession, **said: str) -> tuple[int, str]:
    """Fill in the form; the page that follows."""
    async with browser.get(PATH) as answer:
        html = await answer.text()
    (visit,) = re.findall(r'name="visit" value="([^"]+)"', html)
    filled = {"visit": visit, "words": WORDS} | said
    data = [*form_to(html, PATH).fields, *filled.items()]
    async with browser.post(PATH, data=data) as answer:
        return answer.status, await answer.text()


async def test_nothing_can_be_asked_for_before_anything_was_sent(database_url: str) -> None:
    async with lived_in(database_url) as (_, browser):
        assert PATH not in await read(browser)
        async with browser.get(PATH) as answer:
            assert answer.url.path == "/q/me"


async def test_a_request_is_a_task_and_the_dated_evidence_of_the_correction(
    database_url: str,
) -> None:
    async with sent(database_url) as (trial, browser):
        assert PATH in await read(browser)
        status, html = await ask(browser)
        assert (status, "Your request is saved" in html) == (200, True)
        ((said, actor),) = await trial.fetch("SELECT said, actor FROM correction_wishes")
        assert actor == "participant:K-001"
        assert await spoken(trial.operator, trial.context, said) == WORDS
        open_calls = "reason = 'correction_asked' AND closed_at IS NULL"
        assert await trial.count("call_tasks", open_calls) == 1
        assert (await ask(browser, words="and the other knee"))[0] == 200
        assert await trial.count("call_tasks", open_calls) == 1
        async with browsing(trial.server) as desk:
            await sign_in(desk)
            _, html = await page(desk, "/desk")
            assert "Asks to correct an answer that was sent" in html
            room = "/desk/participants/K-001/corrections"
            assert f'href="{room}"' in html
            _, html = await page(desk, room)
            assert WORDS in html
            taken = re.findall(r'href="([^"]+\?wish=[^"#]+)#ask"', html)
            assert len(taken) == 2
            place = await trial.assessment("K-001", "baseline", "pain-nrs")
            filled = {"answer": f"{place}:pain", "value": "1", "reason": "rang her: one"}
            for number, address in enumerate(taken, start=1):
                _, html = await page(desk, address)
                assert re.search(r'value="meant" required checked', html)
                status, html = await press(desk, html, room, kind="meant", **filled)
                if number == 1:
                    assert status == 200, html
                    assert await trial.count("call_tasks", open_calls) == 1
            # One request about an answer waits at a time: the second is kept in the form.
            assert (status, "waits for its decision already" in html) == (422, True)
            ((said_at, wished_at),) = await trial.fetch(
                "SELECT c.said_at, w.recorded_at FROM corrections AS c"
                " JOIN correction_wishes AS w ON w.id = c.wish_id"
            )
            assert said_at == wished_at
            filled["answer"] = f"{await trial.assessment('K-001', 'baseline', 'pga')}:pga"
            _, html = await page(desk, taken[1])
            assert (await press(desk, html, room, kind="meant", **filled))[0] == 200
            assert await trial.count("call_tasks", open_calls) == 0
        async with browsing(trial.server) as ines:
            await sign_in(ines, "ines")
            _, html = await page(ines, room)
            # Whoever decides reads what the participant asked for.
            assert WORDS in html
            assert "?wish=" not in html


async def test_what_is_missing_is_said_and_what_was_typed_stays_and_no_answer_is_shown(
    database_url: str,
) -> None:
    async with sent(database_url) as (trial, browser):
        async with browser.get(PATH) as answer:
            html = await answer.text()
        values = await trial.fetch("SELECT DISTINCT value FROM responses WHERE value IS NOT NULL")
        assert values
        assert "checked" not in html
        assert 'name="a.' not in html
        for said, words in (
            ({"words": " "}, "what you meant"),
            ({"visit": ""}, "which answers"),
        ):
            status, html = await ask(browser, **said)
            assert (status, words in html) == (422, True)
        assert WORDS in html  # What was typed stays.
        assert await trial.count("correction_wishes") == 0


async def test_a_second_copy_of_the_form_asks_once(database_url: str) -> None:
    async with sent(database_url) as (trial, browser):
        async with browser.get(PATH) as answer:
            html = await answer.text()
        (visit,) = re.findall(r'name="visit" value="([^"]+)"', html)
        data = [*form_to(html, PATH).fields, ("visit", visit), ("words", WORDS)]
        for _ in range(2):
            async with browser.post(PATH, data=data) as answer:
                assert answer.status == 200
        assert await trial.count("correction_wishes") == 1
