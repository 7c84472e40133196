"""The pages inside WeChat: its browser saves no file, and warns of no page that is left (R23)."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.answering import MAIN, QUESTION, begin, choose
from tests.browser.conftest import Newcomer, OpenWindow
from tests.browser.phones import Study, until_stored
from tests.support.study import SENDER, Trial

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]
WECHAT = (
    "Mozilla/5.0 (Linux; Android 12; V2049A Build/SP1A.210812.003; wv) AppleWebKit/537.36 (KHTML,"
    " like Gecko) Version/4.0 Chrome/116.0.0.0 Mobile Safari/537.36 XWEB/1160117"
    " MMWEBSDK/20240404 MicroMessenger/8.0.49.2600(0x28003133) WeChat/arm64 Weixin NetType/4G"
    " Language/zh_CN ABI/arm64"
)
NO_WARNING = """(() => {
    const listen = window.addEventListener.bind(window);
    window.addEventListener = (name, ...rest) => {
        if (name !== "beforeunload") listen(name, ...rest);
    };
})()"""
"""WeChat closes a page without asking it."""


async def test_what_was_answered_is_kept_though_the_page_is_closed_unasked(
    study: Study, window: OpenWindow
) -> None:
    participant, link = await study.participant(
        language="zh_CN", asks=(("pain-nrs", "left_knee"),), definition="unscheduled", closes=None
    )
    options = {"user_agent": WECHAT, "accept_downloads": False, "locale": "zh-CN"}
    async with window(study.base, **options) as phone:
        await phone.page.add_init_script(NO_WARNING)
        await phone.go(link)
        await begin(phone)
        await choose(phone.page.locator(QUESTION), 4)
        await phone.press_on(MAIN)
        await phone.page.wait_for_url("**/q/review")
        await phone.page.close(run_before_unload=True)
    await until_stored(study, participant, 1)
    assert await study.stored(participant) == {"pain": 4}


@pytest.mark.parametrize(("agent", "saves"), [(WECHAT, 0), (None, 1)], ids=["WeChat", "other"])
async def test_the_contact_page_offers_no_file_there_and_says_what_never_comes(
    crowd: Trial, newcomer: Newcomer, window: OpenWindow, agent: str | None, saves: int
) -> None:
    options = {} if agent is None else {"user_agent": agent}
    async with window(crowd.context.public_url, **options) as phone:
        await phone.go("/c")
        await expect(phone.page.locator("main")).to_contain_text("money")
        await phone.page.fill("#code", await code_of(crowd, newcomer("en")))
        await phone.press(MAIN)
        await phone.go("/q/me")
        await expect(phone.page.locator("main")).to_contain_text("identity numbers")
        await phone.go("/q/me/contact")
        await expect(phone.page.locator("a[download]")).to_have_count(saves)
        said = phone.page.locator("main")
        await expect(said).to_contain_text(SENDER)
        await expect(said).to_contain_text("money")
        await expect(said.locator("blockquote")).not_to_have_count(0)
        await phone.look_over(f"contact-{saves}", "participants")


async def code_of(trial: Trial, code: str) -> str:
    """A participant's personal code."""
    found: str = await trial.fetchval(
        "SELECT personal_code FROM pro.participants WHERE code = $1", code
    )
    return found
