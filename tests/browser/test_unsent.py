"""Pages of what is answered and not sent, begins afresh, was sent, or was answered elsewhere."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.answering import MAIN, answer_everything, begin, fill
from tests.browser.conftest import OpenWindow
from tests.browser.phones import Study, at_first_question, until_stored

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]

BOTH = pytest.mark.parametrize("language", ["en", "zh_CN"])


async def days_pass(study: Study, days: int) -> None:
    """Let study time pass."""
    await study.seeded.owner.execute(
        "SELECT pro.move_clock(pro.now() + make_interval(days => $1))", days
    )


@BOTH
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
