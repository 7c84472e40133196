"""Something is wrong: the button on the own page, with and without scripts, accessible."""

from __future__ import annotations

import pytest

from tests.browser.answering import link_in
from tests.browser.conftest import Newcomer, OpenWindow
from tests.browser.window import DESKTOP
from tests.support.study import Trial

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]

UNWELL = "button.unwell"
CASES = [("en", "en-GB", True), ("zh_CN", "zh-CN", True), ("en", "en-GB", False)]


@pytest.mark.parametrize(("language", "locale", "scripts"), CASES)
async def test_one_press_says_whom_to_ring_and_leads_to_the_questions(
    crowd: Trial, newcomer: Newcomer, window: OpenWindow, language: str, locale: str, scripts: bool
) -> None:
    code = newcomer(language)
    name = f"unwell-{language}"
    options = {"locale": locale, "java_script_enabled": scripts}
    async with window(crowd.context.public_url, **options) as phone:
        page = phone.page
        await phone.go(await link_in(await crowd.texts(code)))
        await phone.press("button.second")
        assert page.url.endswith("/q/me")
        if scripts:
            await phone.look_over(f"{name}-1-own", "participants")
        await phone.press_on(UNWELL)
        site = (await crowd.facts(code)).site
        told = await page.inner_text("main")
        assert site.telephone in told
        assert site.emergency_number in told
        if scripts:
            await phone.look_over(f"{name}-2-told", "participants")
            await page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
            await phone.look_over(f"{name}-2-told-wide", "participants")
        await phone.press_on("a.main")
        assert "/q/" in page.url
        assert phone.faults == [], "\n".join(phone.faults)
        assert await crowd.count(
            "call_tasks", f"reason = 'unwell' AND participant_id = '{crowd.participants[code]}'"
        )
