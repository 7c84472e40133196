"""Something is wrong: the button on the participant's own page, at any time."""

from __future__ import annotations

from datetime import timedelta

import aiohttp
import pytest

from tests.integration.questionnaire.test_own_page import lived_in, read, set_to
from tests.support.forms import form_to
from tests.support.study import Trial
from tests.support.web import answer_everything, current_action, send

PATH = "/q/me/unwell"
BUTTON = "Something is wrong with my knee or with me"


async def press(browser: aiohttp.ClientSession) -> str:
    """Press the button on the own page; the page that follows."""
    page = await read(browser)
    assert BUTTON in page
    async with browser.post(PATH, data=form_to(page, PATH).fields) as answer:
        assert (answer.status, answer.url.path) == (200, PATH)
        return await answer.text()


async def calls(trial: Trial) -> list[tuple[str, bool, str | None]]:
    found = await trial.fetch(
        "SELECT reason, closed_at IS NULL, outcome FROM call_tasks WHERE reason = 'unwell'"
    )
    return [(reason, still_open, outcome) for reason, still_open, outcome in found]


async def test_it_says_whom_to_ring_and_asks_the_checklist_first(database_url: str) -> None:
    async with lived_in(database_url) as (trial, browser):
        page = await press(browser)
        site = (await trial.facts("K-001")).site
        for words in ("The study team has been asked to ring you", site.telephone, "120"):
            assert words in page
        assert await calls(trial) == [("unwell", True, None)]
        async with browser.get("/q") as answer:
            first = await answer.text()
        # It comes before the baseline that is open too.
        assert "fever" in first or "Who" in first
        assert await trial.count("visits", "definition = 'unwell'") == 1


async def test_a_sign_is_an_alert_before_anything_is_sent(database_url: str) -> None:
    async with lived_in(database_url) as (trial, browser):
        await press(browser)
        async with browser.get("/q") as answer:
            page, path = await answer.text(), answer.url.path
        while path != "/q/now":
            action = current_action(page)
            form = form_to(page, action)
            data = [*form.filled(**dict.fromkeys(form.items, "1")), ("who", "self")]
            async with browser.post(action, data=data) as answer:
                page, path = await answer.text(), answer.url.path
        assert "needs attention" in page or (await trial.facts("K-001")).site.telephone in page
        assert await trial.fetch("SELECT rule FROM alerts") == [("warning_sign",)]
        assert await trial.count("assessments", "submitted_at IS NOT NULL") == 0


async def test_pressed_twice_or_sent_twice_it_opens_one(database_url: str) -> None:
    async with lived_in(database_url) as (trial, browser):
        page = await read(browser)
        for _ in range(2):
            async with browser.post(PATH, data=form_to(page, PATH).fields) as answer:
                assert answer.status == 200
        await press(browser)
        assert await trial.count("visits", "definition = 'unwell'") == 1
        assert len(await calls(trial)) == 1


async def test_looking_opens_nothing(database_url: str) -> None:
    async with lived_in(database_url) as (trial, browser):
        page = await read(browser, PATH)
        assert "Is something wrong?" in page
        assert BUTTON in page
        assert await trial.count("visits", "definition = 'unwell'") == 0


@pytest.mark.parametrize("how", ["paused", "stopped"])
async def test_whoever_paused_or_wants_no_texts_may_say_so_and_gets_no_text(
    database_url: str, how: str
) -> None:
    async with lived_in(database_url) as (trial, browser):
        if how == "paused":
            await set_to(browser, "pause", "28")
        else:
            await trial.says("K-001", "STOP")
        sent = len(await trial.texts("K-001"))
        await press(browser)
        assert await calls(trial) == [("unwell", True, None)]
        for _ in range(4):
            await trial.move(timedelta(days=1))
            await trial.remind()
        assert len(await trial.texts("K-001")) == sent


async def test_answered_without_a_sign_the_call_leaves_the_list(database_url: str) -> None:
    async with lived_in(database_url, channel="link") as (trial, browser):
        await press(browser)
        async with browser.get("/q") as answer:
            review = await answer_everything(browser, await answer.text(), 0)
        async with await send(browser, review):
            pass
        assert await calls(trial) == [("unwell", False, "answered")]
        assert await trial.count("alerts") == 0


async def test_not_this_time_ends_it_as_well(database_url: str) -> None:
    async with lived_in(database_url) as (trial, browser):
        await press(browser)
        page = await read(browser, "/q/decline")
        async with browser.post("/q/decline", data=form_to(page, "/q/decline").fields):
            pass
        assert await calls(trial) == [("unwell", False, "declined")]
        assert BUTTON in await read(browser)


async def test_a_protocol_without_a_checklist_says_truly_that_somebody_rings(
    database_url: str,
) -> None:
    async with lived_in(database_url) as (trial, browser):
        await trial.owner_does(
            "ALTER TABLE pro.protocol_versions DISABLE TRIGGER insert_only;"
            " UPDATE pro.protocol_versions"
            " SET document = jsonb_set(document, '{safety,rules}', '[]')"
        )
        trial.context.reader._protocols.clear()
        page = await press(browser)
        assert "The study team has been asked to ring you" in page
        assert "Answer the questions" not in page
        assert await calls(trial) == [("unwell", True, None)]
        assert await trial.count("visits", "definition = 'unwell'") == 0
