"""Everybody reaches everything: keys only, the narrowest screen, double size, forced colours."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.browser.answering import MAIN, QUESTION, begin, choose, fill, has_mark
from tests.browser.conftest import OpenWindow
from tests.browser.phones import Study
from tests.browser.window import NARROWEST, PHONE, Window

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]

FEW = (("pain-nrs", "left_knee"), ("pain-vas", "left_knee"))
WOMAC = (("womac-nrs-3.1", "left_knee"),)


async def tab_to(window: Window, selector: str, most: int = 40) -> None:
    """Press Tab until this has the focus, which must be seen."""
    for _ in range(most):
        await window.page.keyboard.press("Tab")
        found = await window.page.evaluate(
            """(selector) => {
                const one = document.activeElement;
                if (!one.matches(selector)) return "";
                const drawn = one.matches(".key input") ? one.nextElementSibling : one;
                const style = getComputedStyle(drawn);
                return `${style.outlineStyle} ${style.outlineWidth}`;
            }""",
            selector,
        )
        if found:
            assert found == "solid 4px", (selector, found)
            return
    raise AssertionError(f"Tab never reaches {selector}")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
async def test_everything_can_be_answered_with_keys_alone(
    study: Study, window: OpenWindow, scripts: bool
) -> None:
    participant, link = await study.participant(asks=FEW, definition="unscheduled", closes=None)
    async with window(study.base, java_script_enabled=scripts) as phone:
        page, keyboard = phone.page, phone.page.keyboard
        await phone.go(link)
        await tab_to(phone, MAIN)
        await keyboard.press("Enter")
        await expect(page.locator("h1")).to_have_text("Who is giving the answers?")
        await tab_to(phone, "input[value=self]")
        await keyboard.press("Space")
        await tab_to(phone, MAIN)
        await keyboard.press("Enter")
        await page.wait_for_url("**/q/s/1")
        await tab_to(phone, ".key input")
        await keyboard.press("Space")
        for _ in range(3):
            await keyboard.press("ArrowRight")
        await tab_to(phone, MAIN)
        await keyboard.press("Enter")
        await page.wait_for_url("**/q/s/2")
        if scripts:
            await tab_to(phone, ".line")
            await keyboard.press("Home")
            for _ in range(2):
                await keyboard.press("ArrowRight")
            await expect(page.locator("input.number")).to_have_value("2")
        else:
            await tab_to(phone, "input.number")
            await keyboard.type("2")
        await tab_to(phone, MAIN)
        await keyboard.press("Enter")
        await page.wait_for_url("**/q/review")
        await tab_to(phone, MAIN)
        if scripts:
            await page.wait_for_timeout(500)
        await keyboard.press("Enter")
        await page.wait_for_url("**/q/thanks")
    rows = await study.seeded.owner.fetch(
        "SELECT value FROM pro.responses WHERE participant_id = $1 ORDER BY id", participant.id
    )
    assert [row["value"] for row in rows] == [3, 2]


SIZES = {
    "320 px": NARROWEST,
    # Twice the size on the same telephone leaves half the room.
    "200 % zoom": (PHONE[0] // 2, PHONE[1] // 2),
}


@pytest.mark.parametrize("language", ["en", "zh_CN"])
async def test_narrow_or_zoomed_nothing_is_cut_off_and_every_word_is_of_the_language(
    study: Study, window: OpenWindow, language: str
) -> None:
    asks = (*WOMAC, ("pain-vas", "left_knee"), ("safety", "person"))
    _, link = await study.participant(language=language, asks=asks, definition="unscheduled")
    locale = {"en": "en-GB", "zh_CN": "zh-CN"}[language]
    async with window(study.base, locale=locale) as phone:
        seen: list[str] = []
        await phone.go(link)
        seen.append(await check_width(phone))
        await phone.press(MAIN)
        seen.append(await check_width(phone))
        await phone.page.check("input[value=self]")
        await phone.press_on(MAIN)
        while "/q/s/" in phone.page.url:
            seen.append(await check_width(phone))
            await fill(phone, 0)
            await phone.press_on(MAIN)
        seen.append(await check_width(phone))
        await phone.press_on(MAIN)
        seen.append(await check_width(phone))
        assert phone.page.url.endswith("/q/thanks")
        for path in ("/q/now", "/q/aaaaaaaaaaaaaaaaaaaaaaaaaa"):
            await phone.go(path)
            seen.append(await check_width(phone))
    text = "\n".join(seen)
    if language == "zh_CN":
        assert re.findall(r"[A-Za-z]{2,}", text.replace("English", "")) == []
    else:
        assert re.findall(r"[\u4e00-\u9fff]+", text.replace("中文", "")) == []


async def check_width(phone: Window) -> str:
    """Nothing is wider than the window, and no text wider than what holds it; what can be read."""
    for name, (width, height) in SIZES.items():
        await phone.page.set_viewport_size({"width": width, "height": height})
        wide = await phone.page.evaluate("""() => {
            const room = document.documentElement.clientWidth;
            const isCut = (one) => one.scrollWidth > one.clientWidth + 1
                && !one.matches("input") && getComputedStyle(one).display !== "inline";
            return [...document.querySelectorAll("#page *, .status")]
                .filter((one) => !one.matches(".unseen, .unseen *"))
                .filter((one) => one.getBoundingClientRect().right > room + 0.5 || isCut(one))
                .map((one) => one.outerHTML.slice(0, 90));
        }""")
        assert wide == [], (name, phone.page.url)
    read = "document.title + document.getElementById('page').innerText"
    return str(await phone.page.evaluate(read))


async def test_what_is_chosen_and_focused_shows_in_forced_colours(
    study: Study, window: OpenWindow
) -> None:
    _, link = await study.participant(asks=FEW, definition="unscheduled", closes=None)
    async with window(study.base, forced_colors="active") as phone:
        page = phone.page
        await phone.go(link)
        await begin(phone)
        await choose(page.locator(QUESTION), 3)
        colours = """(value) => getComputedStyle(
            document.querySelector(`.key input[value="${value}"] + span`)).backgroundColor"""
        assert await page.evaluate(colours, "3") != await page.evaluate(colours, "4")
        await phone.press_on(MAIN)
        await page.locator(".line").press("ArrowRight")
        assert await has_mark(page)


@pytest.mark.parametrize("wish", ["reduce", "no-preference"])
async def test_nothing_moves_by_itself(study: Study, window: OpenWindow, wish: str) -> None:
    _, link = await study.participant()
    moving = """() => [...document.querySelectorAll("*")].filter((one) => {
        const style = getComputedStyle(one);
        return style.scrollBehavior !== "auto" || style.animationName !== "none"
            || style.transitionDuration !== "0s";
    }).length + document.getAnimations().length"""
    async with window(study.base, reduced_motion=wish) as phone:
        await phone.go(link)
        assert await phone.page.evaluate(moving) == 0
        await begin(phone)
        assert await phone.page.evaluate(moving) == 0
