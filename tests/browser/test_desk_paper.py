"""Paper at the desk, looked over: blank forms, a second entry by keyboard, a difference settled."""

from __future__ import annotations

import pytest

from tests.browser.conftest import OpenWindow
from tests.integration.desk.entering.test_second import PAGE, add_staff, type_first, typed_twice
from tests.support.desk import PASSWORD, sign_in
from tests.support.study import Trial, open_trial, row
from tests.support.web import browsing

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]

PARTICIPANT = PAGE.removesuffix("/second")


async def _first(trial: Trial) -> str:
    """A paper typed and sent by anna: the address of its second entry."""
    async with browsing(trial.server) as anna:
        await sign_in(anna, "anna")
        return await type_first(trial, anna)


async def test_paper_is_printed_typed_twice_and_settled(
    database_url: str, window: OpenWindow
) -> None:
    with typed_twice():
        async with open_trial(database_url) as trial:
            await trial.enrol(row("K-001"))
            await add_staff(trial)
            address = await _first(trial)
            base = trial.context.public_url
            for language, login in (("en", "carl"), ("zh_CN", "ines")):
                async with window(base) as desk:
                    page = desk.page
                    await desk.go("/desk/sign-in")
                    await page.fill("#login", login)
                    await page.fill("#password", PASSWORD)
                    await desk.press("form button.main")
                    if language == "zh_CN":
                        await page.locator('form[action="/desk/language"] button').first.click()
                    await desk.look_over(f"desk-paper-today-{language}", "staff")
                    await desk.go(f"{PARTICIPANT}/blank?language={language}")
                    await desk.look_over(f"desk-blank-{language}", "staff")
                    if login == "carl":
                        await desk.go(address)
                        await desk.look_over("desk-second-form", "staff")
                        await page.keyboard.press("7")
                        await desk.press("#entry button.main")
                        assert "waits to be settled" in await page.inner_text("main")
                    else:
                        await desk.go(PAGE)
                        await desk.look_over("desk-second-waiting", "staff")
                        await page.fill('input[name="value"]', "7")
                        await page.fill('textarea[name="reason"]', "在 3 号文件夹查看了原件")
                        await desk.press("form.stack button.main")
                        assert "已核定" in await page.inner_text("main")
                    await desk.go(PAGE)
                    await desk.look_over(f"desk-second-{language}", "staff")
                    assert desk.faults == []
