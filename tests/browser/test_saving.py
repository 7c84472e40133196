"""Saving on a bad network, from two places, too late; every answer stored once or not at all."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Dialog, Page, Request, Route, expect

from tests.browser.answering import MAIN, begin, fill
from tests.browser.conftest import OpenWindow
from tests.browser.phones import Study, at_first_question, until_stored

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]

STATUS = "#status"
SCREENS = re.compile(r"/q/s/\d+$")


async def cut(page: Page) -> None:
    """From now on nothing that is sent arrives."""
    await page.route("**/q/**", lambda route: route.abort("internetdisconnected"))


async def test_the_next_screen_is_there_before_the_one_before_is_saved(
    study: Study, window: OpenWindow
) -> None:
    participant, link = await study.participant()
    async with window(study.base) as phone:
        page = await at_first_question(phone, link)
        held: list[Route] = []
        await page.route(SCREENS, lambda route: held.append(route))
        await fill(phone, 3)
        await page.click(MAIN)
        await expect(page.locator(".progress")).to_have_text("Questions 6 to 7 of 26")
        assert page.url.endswith("/q/s/2")
        await expect(page.locator(STATUS)).to_have_text("Saving …")
        assert await study.stored(participant) == {}
        for route in held:
            await route.continue_()
        await expect(page.locator(STATUS)).to_have_text("Saved")
        assert len(await study.stored(participant)) == 5
        assert await page.locator("h1").evaluate("one => one === document.activeElement")
        assert phone.faults == []


async def test_what_cannot_be_sent_is_kept_said_and_sent_once_when_the_network_returns(
    study: Study, window: OpenWindow
) -> None:
    participant, link = await study.participant()
    async with window(study.base) as phone:
        page = await at_first_question(phone, link)
        await phone.context.set_offline(True)
        await fill(phone, 3)
        await page.click(MAIN)
        await fill(phone, 6)
        await page.click(MAIN)
        await expect(page.locator(STATUS)).to_contain_text("Not saved yet")
        assert page.url.endswith("/q/s/2")
        assert await study.stored(participant) == {}
        await phone.context.set_offline(False)
        await expect(page.locator(STATUS)).to_have_text("Saved")
        await expect(page.locator(".progress")).to_have_text("Questions 8 to 13 of 26")
        stored = await study.stored(participant)
        assert sorted(stored.values()) == [3] * 5 + [6] * 2
        assert await study.count("attempts", participant) == 1
        kept = await page.evaluate("localStorage.length + sessionStorage.length")
        assert kept == 0


@pytest.mark.parametrize("language", ["en", "zh_CN"])
async def test_what_is_said_of_saving_is_accessible(
    study: Study, window: OpenWindow, language: str
) -> None:
    _, link = await study.participant(language=language)
    async with window(study.base) as phone:
        page = await at_first_question(phone, link)
        await fill(phone, 3)
        await phone.context.set_offline(True)
        await page.click(MAIN)
        await expect(page.locator(".status.unsaved")).to_be_visible()
        await phone.look_over(f"{language}-3-not-saved", "participants")
        await phone.context.set_offline(False)
        await expect(page.locator(".status.saved")).to_be_visible()
        await phone.look_over(f"{language}-3-saved", "participants")
        faults = [one for one in phone.faults if "ERR_INTERNET_DISCONNECTED" not in one]
        assert faults == []


async def test_an_answer_lost_on_the_way_back_is_asked_for_again_and_counts_once(
    study: Study, window: OpenWindow
) -> None:
    participant, link = await study.participant()
    async with window(study.base) as phone:
        page = await at_first_question(phone, link)
        bodies: list[str] = []

        async def swallow(route: Route) -> None:
            await route.fetch()  # It arrives and is stored; the answer never comes back.
            await route.abort("connectionreset")
            await page.unroute(SCREENS)

        await page.route(SCREENS, swallow)

        def note(request: Request) -> None:
            if request.post_data:
                bodies.append(request.post_data)

        page.on("request", note)
        await fill(phone, 4)
        await page.click(MAIN)
        await expect(page.locator(STATUS)).to_contain_text("Not saved yet")
        await expect(page.locator(STATUS)).to_have_text("Saved")
        assert len(set(bodies)) == 1
        assert len(bodies) >= 2
        assert await study.stored(participant) == dict.fromkeys(
            [f"pain_{number}" for number in range(1, 6)], 4
        )
        assert await study.count("web_writes", participant) == 1


async def test_leaving_with_something_unsent_is_warned_of_and_otherwise_is_not(
    study: Study, window: OpenWindow
) -> None:
    participant, link = await study.participant()
    async with window(study.base) as phone:
        page = await at_first_question(phone, link)
        asked: list[str] = []

        async def stay(dialog: Dialog) -> None:
            asked.append(dialog.type)
            await dialog.dismiss()

        page.on("dialog", stay)
        await cut(page)
        await fill(phone, 2)
        await page.click(MAIN)
        await expect(page.locator(STATUS)).to_contain_text("Not saved yet")
        async with page.expect_event("dialog"):
            await page.close(run_before_unload=True)
        await expect(page.locator(STATUS)).to_contain_text("Not saved yet")
        assert asked == ["beforeunload"]
        assert not page.is_closed()
        await page.unroute_all()
        await expect(page.locator(STATUS)).to_have_text("Saved")
        assert len(await study.stored(participant)) == 5
        async with page.expect_event("close"):
            await page.close(run_before_unload=True)
        assert asked == ["beforeunload"]


async def test_a_page_that_is_put_away_hands_what_is_unsent_to_the_browser(
    study: Study, window: OpenWindow
) -> None:
    participant, link = await study.participant()
    async with window(study.base) as phone:
        page = await at_first_question(phone, link)
        held: list[Route] = []

        async def hold_first(route: Route) -> None:
            if held:
                await route.continue_()
            held.append(route)

        await page.route(SCREENS, hold_first)
        await fill(phone, 5)
        await page.click(MAIN)
        await expect(page.locator(STATUS)).to_have_text("Saving …")
        await page.evaluate("""() => {
            Object.defineProperty(document, "visibilityState", { value: "hidden" });
            document.dispatchEvent(new Event("visibilitychange"));
        }""")
        await until_stored(study, participant, 5)
        await held[0].continue_()
        await expect(page.locator(STATUS)).to_have_text("Saved")
        assert await study.count("responses", participant) == 5
        assert await study.count("web_writes", participant) == 1


async def test_a_browser_that_lacks_what_the_script_needs_gets_plain_forms(
    study: Study, window: OpenWindow
) -> None:
    participant, link = await study.participant()
    async with window(study.base) as phone:
        await phone.context.add_init_script("delete window.AbortController")
        await phone.go(link)
        await phone.press(MAIN)
        await phone.page.check("input[value=self]")
        await phone.press(MAIN)
        await fill(phone, 3)
        await phone.press(MAIN)  # A page of its own, not a change of this one.
        assert phone.page.url.endswith("/q/s/2")
        assert await study.count("responses", participant) == 5
        assert phone.faults == []


async def test_a_double_press_saves_one_screen_and_presses_nothing_on_the_next(
    study: Study, window: OpenWindow
) -> None:
    participant, link = await study.participant()
    async with window(study.base) as phone:
        page = await at_first_question(phone, link)
        await fill(phone, 3)
        await page.dblclick(MAIN)
        await expect(page.locator(STATUS)).to_have_text("Saved")
        await expect(page.locator(".progress")).to_have_text("Questions 6 to 7 of 26")
        assert await page.locator(".summary").count() == 0
        assert await study.count("web_writes", participant) == 1


async def test_a_double_press_without_scripts_stores_once(study: Study, window: OpenWindow) -> None:
    participant, link = await study.participant()
    async with window(study.base, java_script_enabled=False) as phone:
        await phone.go(link)
        await begin(phone)
        await fill(phone, 3)
        await phone.page.dblclick(MAIN)
        await phone.page.wait_for_url("**/q/s/2")
        await until_stored(study, participant, 5)
        assert await study.count("responses", participant) == 5
