"""Answers typed in at the desk: by the keyboard alone, and every page looked over."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from pro_service.services.study.staff import make_staff
from tests.browser.conftest import OpenWindow
from tests.browser.window import DESKTOP, Window
from tests.support.databases import clone
from tests.support.desk import PASSWORD
from tests.support.study import ACTOR, Trial, open_trial, row

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]

SAID = {
    "en": ("Enter answers", "10 of 24 are kept", "The answers of P-en are sent in."),
    "zh_CN": ("录入回答", "已保存 10 项，共 24 项", "P-zh_CN 的回答已提交。"),
}


@pytest.fixture(scope="module")
def own_database(server_url: str, template_database: str) -> Iterator[str]:
    """A migrated database of these tests alone."""
    with clone(server_url, template_database) as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def enrolled(own_database: str) -> AsyncIterator[Trial]:
    """A participant a language whose baseline is open, and staff who speak it."""
    async with open_trial(own_database) as trial:
        await trial.enrol(row("K-009", channel="link"))
        for one in SAID:
            await trial.enrol(row(f"P-{one}", channel="link", language=one))
            await make_staff(
                trial.operator,
                trial.study_id,
                login=f"anna-{one.lower()}",
                password=PASSWORD,
                site="BJ01",
                role="coordinator",
                language="zh_CN" if one == "zh_CN" else "en",
                actor=ACTOR,
            )
        yield trial


async def sign_in(desk: Window, language: str) -> None:
    await desk.go("/desk/sign-in")
    await desk.page.fill("#login", f"anna-{language.lower()}")
    await desk.page.fill("#password", PASSWORD)
    await desk.press("form button.main")


async def womac(trial: Trial, code: str) -> str:
    return str(await trial.assessment(code, "baseline", "womac-nrs-3.1"))


async def test_a_questionnaire_is_typed_in_with_the_keyboard_alone(
    enrolled: Trial, window: OpenWindow
) -> None:
    async with window(enrolled.context.public_url) as desk:
        page = desk.page
        await page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
        await sign_in(desk, "en")
        await desk.go(f"/desk/participants/K-009/entry?assessment={await womac(enrolled, 'K-009')}")
        # From the questionnaire on: by telephone, the participant, their language, now.
        await page.focus("#entry-assessment")
        for key in ("Tab", "Space", "Tab", "ArrowDown", "Tab"):
            await page.keyboard.press(key)
        async with page.expect_navigation():
            for _ in range(6):
                await page.keyboard.press("Tab")
            await page.keyboard.press("Enter")
        keys = page.keyboard
        for key in ("3", "+", "0", "-", "ArrowUp", "7", "5"):
            await keys.press(key)
        assert await page.inner_text("[data-count]") == "5 of 24 answered"
        for _ in range(19):
            await keys.press("4")
        async with page.expect_navigation():
            await keys.press("Enter")
        assert "24 of 24 are kept" in await page.inner_text("main")
        assert await page.locator("input:checked").count() == 0
        async with page.expect_navigation():
            await page.focus("#send button")
            await keys.press("Enter")
        assert "are sent in" in await page.get_by_role("status").inner_text()
        assert desk.faults == []
    values = await enrolled.fetch("SELECT item, value FROM responses ORDER BY id LIMIT 5")
    assert [value for _, value in values] == [3, 10, 0, 7, 5]


@pytest.mark.parametrize("language", list(SAID))
async def test_every_page_of_an_entry_is_looked_over(
    enrolled: Trial, window: OpenWindow, language: str
) -> None:
    title, kept, sent = SAID[language]
    base = enrolled.context.public_url
    async with window(base) as desk:
        page = desk.page
        await sign_in(desk, language)
        await desk.go(f"/desk/participants/P-{language}/entry")
        assert title in await page.inner_text("h1")
        await page.select_option("#entry-assessment", await womac(enrolled, f"P-{language}"))
        await page.check("input[name=mode][value=telephone]")
        await page.select_option("#entry-respondent", "self")
        await desk.look_over(f"desk-entry-first-{language}", "staff")
        await desk.press("#first button.main")
        await desk.look_over(f"desk-entry-questions-{language}", "staff")
        for place in range(10):
            keys = page.locator("fieldset.row").nth(place).locator(".k")
            await keys.nth(place % 3 + 2).click()
        await desk.press(".ending button.main")
        assert kept in await page.inner_text("main")
        assert await page.locator("input:checked").count() == 0
        await desk.look_over(f"desk-entry-kept-{language}", "staff")
        await desk.press("#send button.main")
        assert sent in await page.get_by_role("status").inner_text()
        await desk.look_over(f"desk-entry-sent-{language}", "staff")
        assert desk.faults == []
