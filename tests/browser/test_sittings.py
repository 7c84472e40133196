"""One sitting from several places, gone back in, changed in language, closed in the middle."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.async_api import expect

from tests.browser.answering import BACK, MAIN, QUESTION, answer_everything, begin, fill
from tests.browser.conftest import OpenWindow
from tests.browser.phones import Study, at_first_question, until_stored
from tests.browser.window import DOUBLE_PRESS_MS, Window

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]

STATUS = "#status"
KEPT = "Not saved yet. What you entered is kept in this page."
TWO = (("pain-nrs", "left_knee"), ("pga", "person"))


async def test_the_browsers_back_and_the_pages_back_lose_nothing(
    study: Study, window: OpenWindow
) -> None:
    participant, link = await study.participant()
    async with window(study.base) as phone:
        page = await at_first_question(phone, link)
        await fill(phone, 3)
        await phone.press_on(MAIN)
        await fill(phone, 6, but=1)  # Entered, not saved.
        await page.go_back()
        await expect(page.locator(".progress")).to_have_text("Questions 1 to 5 of 26")
        assert await page.locator("input:checked").count() == 5
        await page.go_forward()
        await expect(page.locator(".progress")).to_have_text("Questions 6 to 7 of 26")
        assert await page.locator("input:checked").count() == 1
        await phone.press_on(BACK)
        assert page.url.endswith("/q/s/1")
        assert (await study.stored(participant))["stiffness_1"] == 6


async def test_two_tabs_end_with_one_answer_standing_and_the_other_kept(
    study: Study, window: OpenWindow
) -> None:
    participant, link = await study.participant()
    async with window(study.base) as phone:
        await at_first_question(phone, link)
        other = Window(phone.context, await phone.context.new_page(), phone.base)
        async with other.page.expect_response(lambda one: "x-page" in one.request.headers):
            await other.go("/q/s/1")
        await phone.page.bring_to_front()
        await fill(phone, 3)
        await phone.press_on(MAIN)
        await expect(phone.page.locator(STATUS)).to_have_text("Saved")
        await other.page.bring_to_front()
        await fill(other, 7)
        await other.press_on(MAIN)
        await expect(other.page.locator("h2")).to_have_text("This was answered in the meantime")
        assert await other.page.locator("input:checked").first.input_value() == "3"
        assert set(map(tuple, (await study.stored(participant)).values())) == {(3, 7)}


async def test_a_sitting_begun_on_one_device_ends_on_another(
    study: Study, window: OpenWindow
) -> None:
    participant, link = await study.participant(asks=TWO)
    async with window(study.base) as phone, window(study.base) as tablet:
        await at_first_question(phone, link)
        await fill(phone, 3)
        await phone.press_on(MAIN)
        await expect(phone.page.locator(STATUS)).to_have_text("Saved")
        await tablet.go(link)
        await tablet.press(MAIN)
        assert tablet.page.url.endswith("/q/s/2")  # Nobody asks again who answers.
        while "/q/s/" in tablet.page.url:
            await fill(tablet, 4)
            await tablet.press_on(MAIN)
        await tablet.press_on(MAIN)
        assert tablet.page.url.endswith("/q/thanks")
        assert await study.submitted(participant) == 2
        # The first device has a screen in hand that is in already.
        await fill(phone, 9)
        await phone.page.click(MAIN)
        await expect(phone.page.locator("h1")).to_have_text("Thank you")
    stored = await study.stored(participant)
    assert stored["pga"] == [4, 9]  # Kept beside what was sent in.


async def test_a_forwarded_link_shows_the_welcome_and_no_answer(
    study: Study, window: OpenWindow
) -> None:
    _, link = await study.participant(asks=TWO)
    async with window(study.base) as phone, window(study.base) as stranger:
        await phone.go(link)
        await answer_everything(phone)
        await stranger.go(link)
        text = await stranger.page.inner_text("main")
        assert "Questions from the" in text
        assert "knee" not in text.lower()
        await phone.press_on(MAIN)
        await stranger.page.reload()
        assert "You sent your answers on" in await stranger.page.inner_text("main")
        assert "knee" not in (await stranger.page.inner_text("main")).lower()
        async with window(study.base) as later:
            await later.go("/q/s/1")
            assert await later.page.inner_text("h1") == "Please open your link or your card again"


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
async def test_a_window_that_closes_in_the_middle_says_that_the_last_page_was_not_saved(
    study: Study, window: OpenWindow, scripts: bool
) -> None:
    participant, link = await study.participant(closes=timedelta(minutes=30))
    async with window(study.base, java_script_enabled=scripts) as phone:
        await phone.go(link)
        await begin(phone)
        await fill(phone, 3)
        await phone.press_on(MAIN)
        await until_stored(study, participant, 5)
        await study.seeded.owner.execute(
            "WITH turn AS (UPDATE pro.participant_revisions SET revision = revision + 1"
            " WHERE participant_id = $1)"
            " UPDATE pro.visits SET closes_at = pro.now() WHERE participant_id = $1",
            participant.id,
        )
        await fill(phone, 6)
        await phone.page.click(MAIN)
        await expect(phone.page.locator("h1")).to_have_text("There is nothing to answer here")
        if scripts:
            await expect(phone.page.locator(STATUS)).to_have_text(
                "What you entered last was not saved."
            )
        assert set((await study.stored(participant)).values()) == {3}


async def test_an_alarming_answer_is_answered_before_anything_else_is_shown(
    study: Study, window: OpenWindow
) -> None:
    asks = (("pain-nrs", "left_knee"), ("pga", "person"))
    participant, link = await study.participant(
        asks=asks, injected_days_ago=12, definition="week_2"
    )
    async with window(study.base) as phone:
        page = await at_first_question(phone, link)
        seen: list[str] = []
        page.on("framenavigated", lambda frame: seen.append(frame.url))
        await fill(phone, 9)
        await phone.press_on(MAIN)
        await expect(page.locator("h1")).to_have_text("Please telephone the study team now")
        assert not any(url.endswith("/q/s/2") for url in seen)
        await phone.press_on("main a.second")
        assert page.url.endswith("/q/s/2")
        assert await study.stored(participant) == {"pain": 9}


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
async def test_the_language_changes_at_every_page_and_keeps_what_was_entered(
    study: Study, window: OpenWindow, scripts: bool
) -> None:
    participant, link = await study.participant()
    other = "button[name=language]"
    async with window(study.base, java_script_enabled=scripts) as phone:
        page = phone.page
        await phone.go(link)
        await phone.press(other)
        assert await page.inner_text("button.main") == "开始"
        await phone.press(MAIN)
        await page.check("input[value='proxy.carer']")
        await phone.press_on(other)
        assert await page.is_checked("input[value='proxy.carer']")
        await phone.press_on(MAIN)
        await fill(phone, 8, but=2)
        for lang, first in (("zh-Hans", "左膝"), ("en", "Left knee")):
            await phone.press_on(other)
            assert await page.get_attribute("html", "lang") == lang
            assert (await page.inner_text("legend")).startswith(first)
            values = [await one.input_value() for one in await page.locator(":checked").all()]
            assert values == ["8"] * 3
        assert await study.stored(participant) == {}
        for path in ("/q/review", "/q/decline", "/q/now", "/q/thanks?declined=1"):
            await phone.go(path)
            before = await page.inner_text("h1")
            await phone.press_on(other)
            assert page.url.endswith(path)
            assert await page.inner_text("h1") != before


async def test_enter_in_a_number_field_saves_and_does_not_change_the_language(
    study: Study, window: OpenWindow
) -> None:
    for scripts in (False, True):
        participant, link = await study.participant(
            asks=(("pain-vas", "left_knee"),), definition="unscheduled", closes=None
        )
        async with window(study.base, java_script_enabled=scripts) as phone:
            await phone.go(link)
            await begin(phone)
            await phone.go("/q/s/1")
            await phone.page.fill("input.number", "42")
            await phone.page.press("input.number", "Enter")
            await phone.page.wait_for_url("**/q/review")
            assert await phone.page.get_attribute("html", "lang") == "en"
        assert await study.stored(participant) == {"pain": 42}


async def test_a_link_opened_since_on_the_same_device_takes_no_answers_of_another(
    study: Study, window: OpenWindow
) -> None:
    first, link = await study.participant()
    second, other_link = await study.participant()
    async with window(study.base) as phone:
        page = await at_first_question(phone, link)
        tab = Window(phone.context, await phone.context.new_page(), phone.base)
        await tab.go(other_link)
        await begin(tab)
        await page.bring_to_front()
        await fill(phone, 3)
        await page.click(MAIN)
        await expect(page.locator("h1")).to_have_text("Please open your link or your card again")
        await expect(page.locator(STATUS)).to_have_text(KEPT)
        assert await page.locator(QUESTION).count() == 0
        assert await study.stored(first) == {}
        assert await study.stored(second) == {}
        await tab.go(link)
        await tab.press(MAIN)
        await page.bring_to_front()
        await page.wait_for_timeout(DOUBLE_PRESS_MS)
        await page.click(MAIN)
        await expect(page.locator(".progress")).to_have_text("Questions 6 to 7 of 26")
    assert set((await study.stored(first)).values()) == {3}
    assert await study.stored(second) == {}


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
@pytest.mark.parametrize("language", ["en", "zh_CN"])
async def test_screens_filled_in_while_the_cookie_is_gone_are_saved_after_the_link_is_open_again(
    study: Study, window: OpenWindow, language: str, scripts: bool
) -> None:
    """S5: with scripts all that waits is kept, without them the screen that was sent."""
    participant, link = await study.participant(language=language)
    async with window(study.base, java_script_enabled=scripts) as phone:
        page = phone.page
        await phone.go(link)
        await begin(phone)
        await fill(phone, 3)
        await phone.press_on(MAIN)
        await until_stored(study, participant, 5)
        await phone.context.clear_cookies()
        await fill(phone, 6)
        await page.click(MAIN)
        await expect(page.locator("#again")).to_be_attached()
        if scripts:
            await expect(page.locator(".status.held")).to_be_visible()
            await phone.look_over(f"{language}-again", "participants")
        assert len(await study.stored(participant)) == 5
        tab = Window(phone.context, await phone.context.new_page(), phone.base, scripts=scripts)
        await tab.go(link)
        await tab.press(MAIN)
        await page.bring_to_front()
        await page.wait_for_timeout(DOUBLE_PRESS_MS)
        await page.click(MAIN)
        await until_stored(study, participant, 7)
        await expect(page.locator("#again")).to_have_count(0)
        assert "/q/" in page.url
        assert [one for one in phone.faults if "403" not in one] == []
    assert sorted(set((await study.stored(participant)).values())) == [3, 6]


BOTH = pytest.mark.parametrize("language", ["en", "zh_CN"])


async def days_pass(study: Study, days: int) -> None:
    """Let study time pass."""
    await study.seeded.owner.execute(
        "SELECT pro.move_clock(pro.now() + make_interval(days => $1))", days
    )


@BOTH
@pytest.mark.thorough
async def test_what_is_answered_and_not_sent_is_offered_on_every_page_and_sent(
    study: Study, window: OpenWindow, language: str
) -> None:
    """S2, in Chromium: welcome, own page, review, not sending; on the device and on another."""
    participant, link = await study.participant(language=language)
    async with window(study.base) as phone, window(study.base) as other:
        await phone.go(link)
        await phone.look_over(f"{language}-unsent-0-first", "participants")
        await answer_everything(phone)
        await phone.look_over(f"{language}-unsent-1-review", "participants")
        await days_pass(study, 2)
        await phone.go(link)
        await phone.look_over(f"{language}-unsent-2-welcome", "participants")
        await phone.press(MAIN)
        assert phone.page.url.endswith("/q/review")
        assert await phone.page.locator("dd a").count() == 0
        await phone.look_over(f"{language}-unsent-3-as-given", "participants")
        await phone.go("/q/me")
        await phone.look_over(f"{language}-unsent-4-own-page", "participants")
        await phone.go("/q/decline?unsent=1")
        await phone.look_over(f"{language}-unsent-5-do-not-send", "participants")
        await other.go(link)
        await other.press(MAIN)
        await other.look_over(f"{language}-unsent-6-elsewhere", "participants")
        await other.press_on(MAIN)
        assert other.page.url.endswith("/q/thanks")
        await phone.go(link)
        await phone.look_over(f"{language}-unsent-7-sent", "participants")
        assert phone.faults + other.faults == []
    assert await study.submitted(participant) == 3


@BOTH
@pytest.mark.thorough
async def test_why_it_begins_afresh_and_what_was_answered_elsewhere_are_said(
    study: Study, window: OpenWindow, language: str
) -> None:
    """S3 and R5, in Chromium."""
    participant, link = await study.participant(language=language)
    async with window(study.base) as phone, window(study.base) as other:
        page = await at_first_question(phone, link)
        await fill(phone, 3)
        await phone.press_on(MAIN)
        await until_stored(study, participant, 5)
        await other.go(link)
        await begin(other)
        await other.go("/q/s/1")
        assert await other.page.locator(".answered").count() == 5
        await other.look_over(f"{language}-elsewhere", "participants")
        await other.press_on(MAIN)
        assert other.page.url.endswith("/q/s/2")
        await days_pass(study, 2)
        await phone.go(link)
        await phone.look_over(f"{language}-afresh-welcome", "participants")
        await begin(phone)
        await expect(page.locator("p.notice")).to_be_visible()
        await phone.look_over(f"{language}-afresh-screen", "participants")
        await fill(phone, 4)
        await phone.press_on(MAIN)
        await expect(page.locator("p.notice")).to_have_count(0)
        assert phone.faults + other.faults == []
