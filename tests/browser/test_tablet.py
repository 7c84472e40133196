"""A tablet handed over at the desk, with scripts, from the code to giving it back (R12)."""

from __future__ import annotations

import pytest

from tests.browser.answering import MAIN, answer_screen
from tests.browser.conftest import OpenWindow
from tests.browser.window import Window
from tests.integration.doors.tablets import ROOM, handing_trial, steps
from tests.support.desk import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]
TABLET = {"width": 768, "height": 1024}


async def look(tablet: Window, name: str, language: str) -> None:
    """Look a page over, and go on at the size of a tablet."""
    await tablet.look_over(f"{name}-{language}", "participants")
    await tablet.page.set_viewport_size({"width": TABLET["width"], "height": TABLET["height"]})


@pytest.mark.parametrize("language", ["en", "zh_CN"])
async def test_a_tablet_is_handed_over_answered_and_given_back(
    database_url: str, window: OpenWindow, language: str
) -> None:
    locale = "en-GB" if language == "en" else "zh-CN"
    async with (
        handing_trial(database_url) as trial,
        window(trial.context.public_url, locale=locale) as desk,
        window(trial.context.public_url, locale=locale, viewport=TABLET) as tablet,
    ):
        await desk.go("/desk/sign-in")
        await desk.page.fill("#login", "anna")
        await desk.page.fill("#password", PASSWORD)
        await desk.press("form button.main")
        if language == "zh_CN":
            await desk.press("button[lang=zh-Hans]")
        await desk.go(ROOM.format("K-001"))
        await desk.press("form.inline button.main")
        await desk.look_over(f"tablet-desk-{language}", "staff")
        code = await desk.page.locator(".tablet-code .typed").inner_text()
        await tablet.go("/t")
        await look(tablet, "tablet-door", language)
        await tablet.page.fill("#code", code)
        await tablet.page.fill("#tablet", "Tablet 2")
        await tablet.press(MAIN)
        await look(tablet, "tablet-who", language)
        await tablet.press(MAIN)
        # Staff end it here, too: their page is a step aside, and leads back.
        await tablet.press("footer a")
        await look(tablet, "tablet-pin", language)
        await tablet.press("main a[href='/q']")
        await tablet.page.locator("input[name=who][value=self]").check()
        await tablet.press(MAIN)
        while "/q/s/" in tablet.page.url:
            await answer_screen(tablet, 4)
        assert tablet.page.url.endswith("/q/review")
        await tablet.press_on(MAIN)
        assert tablet.page.url.endswith("/q/tablet/back")
        await look(tablet, "tablet-back", language)
        await tablet.go("/q/tablet")
        await look(tablet, "tablet-over", language)
        await desk.go(ROOM.format("K-001"))
        await desk.look_over(f"tablet-sent-{language}", "staff")
        assert [step for step, *_ in await steps(trial)] == ["opened", "confirmed", "sent"]
        assert desk.faults + tablet.faults == []
