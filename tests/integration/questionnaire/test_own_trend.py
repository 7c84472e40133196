"""One's own scores over time: off, after the last visit, or for all from the start (R21)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from pro_service.catalog.plan_files import example_plan_file, load_plan_file
from pro_service.domain.endpoints.plan import Shown, TrendRule
from pro_service.services.study.plans import load_plan
from tests.integration.questionnaire.test_own_page import own_page, read
from tests.support.study import ACTOR, Trial, open_trial, row
from tests.support.web import answer_everything, send

TREND = "/q/me/trend"


async def plan_trend(trial: Trial, shown: Shown) -> None:
    """Put in force the example's plan with a trend."""
    loaded = load_plan_file(example_plan_file())
    rule = TrendRule(shown=shown, confirmed_by="to be confirmed")
    plan = loaded.plan.model_copy(update={"trend": rule})
    changed = loaded._replace(plan=plan, content_sha256=f"{len(shown):064x}")
    study = await trial.context.reader.study(trial.operator, None)
    await load_plan(trial.operator, trial.context, study, changed, actor=ACTOR, reason="R21")


@asynccontextmanager
async def sent_in(url: str) -> AsyncIterator[tuple[Trial, aiohttp.ClientSession]]:
    """A participant who sent in the baseline of both knees, on their own page."""
    async with open_trial(url) as trial:
        await trial.enrol(row("K-001", channel="link", treated_knees="both"))
        await trial.ask()
        async with own_page(trial) as browser:
            review = await answer_everything(browser, await read(browser, "/q"))
            await send(browser, review)
            yield trial, browser


async def at(browser: aiohttp.ClientSession) -> str:
    """Where the address of the trend leads to."""
    async with browser.get(TREND) as answer:
        assert answer.status == 200
        return answer.url.path


async def test_r21_without_a_word_of_the_plan_nobody_sees_a_trend(database_url: str) -> None:
    async with sent_in(database_url) as (_, browser):
        assert TREND not in await read(browser)
        assert await at(browser) == "/q/me"


async def test_r21_from_the_start_shows_ones_own_scores_and_nothing_beside_them(
    database_url: str,
) -> None:
    async with sent_in(database_url) as (trial, browser):
        await plan_trend(trial, "from the start")
        assert f'href="{TREND}"' in await read(browser)
        page = await read(browser, TREND)
        scales = re.findall(r"<figcaption>([^<]+?) <span", page)
        assert len(scales) == 6, scales  # Pain, stiffness, function, total, the day's pain, global.
        assert page.count("<svg") == 2 * 6 + 2, "each in two widths, and a key for each knee"
        assert "Your left knee" in page
        # Four of ten everywhere is 40 of 100; nothing is judged by it.
        assert re.search(r"<td>40</td>", page)
        for word in ("c-threshold", "c-baseline", "c-band", "responder", "UTE"):
            assert word not in page
        async with browser.get(TREND, headers={"Accept-Language": "zh-CN"}) as answer:
            assert answer.status == 200


async def test_r21_after_the_last_visit_it_waits_for_that(database_url: str) -> None:
    async with sent_in(database_url) as (trial, browser):
        await plan_trend(trial, "after the last visit")
        assert await at(browser) == "/q/me"
