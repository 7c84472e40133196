"""A participant's own scores over time, as they are looked at (R21)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from pro_service.domain.instruments.model import LANGUAGES
from pro_service.web.questionnaire.prelude import OWN_PAGE
from tests.browser.answering import MAIN, begin, fill
from tests.browser.conftest import OpenWindow
from tests.browser.window import LETTERS
from tests.integration.exports.conftest import INJECTED, answer_all
from tests.integration.questionnaire.test_own_trend import TREND, plan_trend
from tests.support.databases import Prepared, clone, prepare
from tests.support.study import Left, Trial, go_on_with, open_trial, row

SMALL = """(least) => [...document.querySelectorAll("main *")]
    .filter((one) => one.childNodes.length && [...one.childNodes].some(
        (text) => text.nodeType === Node.TEXT_NODE && text.data.trim()))
    .filter((one) => parseFloat(getComputedStyle(one).fontSize) < least)
    .map((one) => one.textContent)"""
"""What is written smaller than that, in pictures too."""

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]


async def answer_twice(url: str) -> Left:
    """Somebody treated in both knees told before the injection and after it how it is."""
    async with open_trial(url) as trial:
        await trial.enrol(row("K-001", channel="link", treated_knees="both"))
        await plan_trend(trial, "from the start")
        await trial.ask()
        await answer_all(trial, "K-001", 7)
        await trial.move(INJECTED)
        await trial.happened("K-001")
        await trial.move(INJECTED + timedelta(days=14))
        await trial.remind()
        await trial.provider.drain()
        await answer_all(trial, "K-001", 4)
        # What is asked next leaves a link open.
        await trial.move(INJECTED + timedelta(days=31))
        await trial.remind()
        await trial.provider.drain()
        return Left.of(trial)


@pytest.fixture(scope="module")
def answered(server_url: str, template_database: str) -> Iterator[Prepared[Left]]:
    """The trial at week 2."""
    with prepare(server_url, template_database, answer_twice) as made:
        yield made


@pytest.fixture(scope="module")
def answered_url(server_url: str, answered: Prepared[Left]) -> Iterator[str]:
    """A copy of its database."""
    with clone(server_url, answered.database) as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def lived(answered_url: str, answered: Prepared[Left]) -> AsyncIterator[Trial]:
    """It, going on."""
    async with go_on_with(answered_url, answered.made) as running:
        yield running


@pytest.mark.parametrize("language", LANGUAGES)
async def test_r21_ones_own_trend_reads_well(
    lived: Trial, window: OpenWindow, language: str
) -> None:
    text = next(one for one in reversed(await lived.texts("K-001")) if "http" in one)
    link = urlsplit(text[text.index("http") :].split()[0]).path
    async with window(lived.context.public_url) as phone:
        page = phone.page
        base = lived.context.public_url
        assert (await page.context.request.post(f"{base}{link}/open?own=1")).ok
        await page.context.add_cookies(
            [{"name": "pages_language", "value": language, "url": lived.context.public_url}]
        )
        await phone.go(TREND)
        assert await page.locator(".figure").count() == 6
        # Axe cannot tell what lies behind letters in a picture, so it is asked as for staff; that
        # letters are large is looked at here.
        await phone.look_over(f"own-trend-{language}", "staff")
        assert phone.faults == []
        small = await page.evaluate(SMALL, LETTERS)
        assert small == []


async def test_from_the_end_of_a_sitting_it_looks_as_it_does_by_itself(
    lived: Trial, window: OpenWindow
) -> None:
    """Pages with scripts show the next in their place: the charts stood there without style."""
    text = next(one for one in reversed(await lived.texts("K-001")) if "http" in one)
    async with window(lived.context.public_url) as phone:
        page = phone.page
        await phone.go(urlsplit(text[text.index("http") :].split()[0]).path)
        await begin(phone)
        while "/q/s/" in page.url:
            await fill(phone)
            await phone.press_on(MAIN)
        await phone.press_on(MAIN)
        for address in (OWN_PAGE, TREND):
            await page.click(f"a[href='{address}']")
        await page.wait_for_selector(".figure")
        soft = page.locator(".figure .soft").first
        assert await soft.evaluate("one => getComputedStyle(one).display") == "block"
        assert phone.faults == []
