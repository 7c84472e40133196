"""The line for a long scale: no mark before it is touched, and always one value in two places."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.browser.answering import MAIN, begin, has_mark
from tests.browser.conftest import OpenWindow
from tests.browser.phones import Study
from tests.browser.window import Window

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]

LINE, NUMBER = ".line", "input.number"


async def at_the_line(study: Study, phone: Window) -> Page:
    """At a question that is answered from 0 to 100."""
    _, link = await study.participant(
        asks=(("pain-vas", "left_knee"),), definition="unscheduled", closes=None
    )
    await phone.go(link)
    await begin(phone)
    return phone.page


async def test_without_a_touch_there_is_no_mark_no_value_and_no_answer(
    study: Study, window: OpenWindow
) -> None:
    async with window(study.base) as phone:
        page = await at_the_line(study, phone)
        assert not await has_mark(page)
        assert await page.input_value(NUMBER) == ""
        line = page.get_by_role("slider", name="Pain on average")
        await expect(line).to_have_attribute("aria-valuetext", "No answer yet")
        await phone.press_on(MAIN)
        await expect(page.locator("h2")).to_have_text("Something is still open")
        assert phone.faults == []


@pytest.mark.parametrize(("part", "value"), [(0.0, 0), (0.5, 50), (0.8, 80), (1.0, 100)])
async def test_a_press_anywhere_on_the_line_is_an_answer_the_middle_too(
    study: Study, window: OpenWindow, part: float, value: int
) -> None:
    async with window(study.base) as phone:
        page = await at_the_line(study, phone)
        box = await page.locator(LINE).bounding_box()
        assert box is not None
        x = box["x"] + min(max(part * box["width"], 1), box["width"] - 1)
        await page.mouse.click(x, box["y"] + box["height"] / 2)
        found = int(await page.input_value(NUMBER))
        assert abs(found - value) <= 2
        assert await has_mark(page)
        await expect(page.locator(LINE)).to_have_attribute("aria-valuetext", f"{found} of 100")


async def test_line_and_number_follow_each_other(study: Study, window: OpenWindow) -> None:
    async with window(study.base) as phone:
        page = await at_the_line(study, phone)
        await page.fill(NUMBER, "37")
        assert await page.input_value(LINE) == "37"
        assert await has_mark(page)
        await page.locator(LINE).press("ArrowLeft")
        assert await page.input_value(NUMBER) == "36"
        await page.fill(NUMBER, "")
        assert not await has_mark(page)
        await page.fill(NUMBER, "101")
        assert not await has_mark(page)
        await page.fill(NUMBER, "64")
        await phone.press_on(MAIN)
        assert page.url.endswith("/q/review")
        assert "64" in await page.inner_text("dd")
        await phone.press_on("dd a")
        assert (await page.input_value(NUMBER), await page.input_value(LINE)) == ("64", "64")


async def test_a_finger_on_the_line_is_an_answer(study: Study, window: OpenWindow) -> None:
    async with window(study.base, has_touch=True, is_mobile=True) as phone:
        page = await at_the_line(study, phone)
        box = await page.locator(LINE).bounding_box()
        assert box is not None
        await page.touchscreen.tap(box["x"] + 0.3 * box["width"], box["y"] + box["height"] / 2)
        assert abs(int(await page.input_value(NUMBER)) - 30) <= 2


async def test_without_scripts_the_number_is_entered(study: Study, window: OpenWindow) -> None:
    async with window(study.base, java_script_enabled=False) as phone:
        page = await at_the_line(study, phone)
        assert await page.locator(LINE).count() == 0
        assert "Enter a whole number from 0 to 100." in await page.inner_text(".question")
        await page.fill(NUMBER, "64")
        await phone.press_on(MAIN)
        assert page.url.endswith("/q/review")
