"""A coordinator's day and an investigator's in the demo, each from signing in, by keyboard alone.

Every stop on the way is seen to have the focus, and what was done is answered by a sentence that
has it. What participants do is done at the demo's telephones.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import pyotp
import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.browser.desk.keyboard import Keyboard
from tests.browser.test_tour import demo
from tests.browser.window import DESKTOP, Window, open_window

pytestmark = [
    pytest.mark.browser,
    pytest.mark.thorough,
    pytest.mark.asyncio(loop_scope="package"),
]

SIZE: Final = {"width": DESKTOP[0], "height": DESKTOP[1]}
WARNING: Final = "My knee is hot and swollen since last night"
RING: Final = "Please ring me about my appointment"
NEW: Final = "K-7701"
MOST_SCREENS: Final = 8
_PRESENT: Final = """() => {
  const row = document.activeElement.closest("fieldset.row");
  if (!row) return null;
  const keys = [...row.querySelectorAll("input[type=radio]")].map((one) => one.value);
  return keys.length ? keys[0] : "";
}"""
"""The lowest value of the question that has the focus; empty where it is typed."""


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def doors(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict[str, Any]]:
    """The demo as it is started for these tests, and where it is entered."""
    async with demo(tmp_path_factory.mktemp("days")) as found:
        yield found


async def sign_in(hands: Keyboard, login: str, password: str) -> None:
    """Through the page, by keyboard."""
    await hands.desk.go("/desk/sign-in")
    await hands.write("Login name", login)
    await hands.write("Password", password)
    await hands.press("Sign in", "BUTTON")


async def write_text(phone: Window, code: str, words: str) -> None:
    """A participant writes a text."""
    await phone.go(f"/demo/phone?person={code}")
    await phone.page.fill("#text", words)
    await phone.page.click("#write button")
    await phone.page.locator("#texts").get_by_text(words).first.wait_for()


async def answer_all(hands: Keyboard) -> None:
    """Answer each question by its key; keeping it, the focus is at the end of the form."""
    for _ in range(100):
        lowest = await hands.page.evaluate(_PRESENT)
        if lowest is None:
            break
        await hands.keys.type(lowest or "1")
        if not lowest:
            await hands.keys.press("Enter")
    assert await hands.at() == "Keep and go on"
    async with hands.page.expect_navigation():
        await hands.keys.press("Enter")


async def test_a_coordinators_day(chromium: Browser, doors: dict[str, Any]) -> None:
    base, code = doors["base_url"], next(iter(doors["links"]))
    async with (
        open_window(chromium, base, viewport=SIZE) as desk,
        open_window(chromium, base, viewport=SIZE) as phone,
    ):
        hands = Keyboard(desk)
        await sign_in(hands, doors["desk"]["user"], doors["desk"]["password"])

        # An alert is seen.
        await write_text(phone, code, WARNING)
        await write_text(phone, code, RING)
        await desk.go("/desk")
        await hands.press(f"I have seen it {code}")
        assert f"you have seen the alert of {code}" in await hands.told()

        # A text is read, and who wrote it is to be rung.
        await hands.press("Texts", "A")
        await hands.press(f"Settle it {code}")
        await hands.unfold("Have them called")
        await hands.write("For whoever rings", "about the appointment")
        await hands.press("Have them called", "BUTTON")
        assert f"{code} is to be called" in await hands.told()

        # Another is replied to.
        await hands.press("Texts", "A")
        await hands.press(f"Settle it {code}")
        await hands.unfold("Reply")
        await hands.pick("", "")
        await hands.press("Look at it first", "BUTTON")
        await hands.press("Send this reply", "BUTTON")
        assert f"Your reply to {code} goes out" in await hands.told()

        # The call is made, and they answer on the telephone.
        await hands.press("Today", "A")
        await hands.press(f"Make the call {code}")
        await hands.press("Show the number")
        await hands.told()
        await hands.pick("Answer now, on the telephone", "Answer now")
        await hands.write("In your words", "has time now")
        await hands.press("Save what came of it", "BUTTON")
        assert f"{code} answers now" in await hands.told()
        await hands.choose("What was answered")
        await hands.pick("by telephone", "by telephone")
        await hands.choose("Who answered", "the participant")
        await hands.press("To the questions", "BUTTON")
        await answer_all(hands)
        await hands.press("They have answered all they will: send in", "BUTTON")
        assert f"The answers of {code} are sent in." in await hands.told()

        planned = datetime.now(UTC).date() + timedelta(days=14)  # The demo's past ends now.
        await enrol(hands, planned)
        await move_a_visit(hands, planned - timedelta(days=4))
        assert desk.faults == []


async def enrol(hands: Keyboard, planned: date) -> None:
    """Somebody new, to be injected on a day, from the form to the card on the screen."""
    await hands.press("Enrol", "A")
    await hands.write("Code", NEW)
    await hands.choose("Site", "BJ01")
    await hands.write("Telephone", "+12025550888")
    await hands.choose("Language", "English")
    await hands.choose("Answers by", "text message")
    await hands.write("Version of the consent form", "1")
    await hands.day("Day of consent", planned - timedelta(days=30))
    await hands.choose("Agreed to texts", "yes")
    await hands.choose("Treated knees", "left")
    await hands.day("Planned day of the injection", planned)
    await hands.press("Check, and see the dates", "BUTTON")
    await hands.press("Enrol", "BUTTON")
    assert f"{NEW} is enrolled" in await hands.told()
    await hands.press("Show the card", "BUTTON")
    assert f"The card of {NEW} is shown" in await hands.told()


async def move_a_visit(hands: Keyboard, day: date) -> None:
    """The visit before the injection goes to another day of its window."""
    await hands.press(f"Back to {NEW}", "A")
    # What was opened closes by Escape, and the focus is where it was opened.
    await hands.unfold("More")
    await hands.keys.press("Tab")
    await hands.keys.press("Escape")
    assert await hands.at() == "More"
    assert await hands.page.locator(".actions details[open]").count() == 0
    await hands.keys.press("Enter")
    await hands.press("Move one visit", "A")
    await hands.choose("Which visit", "Before the injection")
    await hands.day("The day it is for from now on", day)
    await hands.write("Why, in your own words", "asked for it")
    await hands.press("See what it changes", "BUTTON")
    await hands.press("Move the visit", "BUTTON")
    assert f"The visit of {NEW} is on" in await hands.told()


async def test_an_investigator_sets_up_a_second_step_and_assesses_an_alert(
    chromium: Browser, doors: dict[str, Any]
) -> None:
    base, code = doors["base_url"], list(doors["links"])[1]
    password = doors["desk"]["password"]
    async with (
        open_window(chromium, base, viewport=SIZE) as desk,
        open_window(chromium, base, viewport=SIZE) as phone,
    ):
        hands, page = Keyboard(desk), desk.page
        await sign_in(hands, "investigator", password)

        # A second step: the secret is typed into the telephone, its code into the page.
        await hands.press("investigator", "A")
        await hands.press("Set it up", "A")
        phone_app = pyotp.TOTP(await page.inner_text(".secret"))
        await hands.write("Code", phone_app.now())
        await hands.press("Set up", "BUTTON")
        await hands.told()
        await hands.press("I have kept them", "A")

        # An alert is assessed.
        await write_text(phone, code, WARNING)
        await desk.go("/desk")
        await hands.unfold(f"Assess it {code}")
        await hands.pick("No adverse event", "Adverse event")
        await hands.write("Reference in the site's log", "AE-077")
        await hands.write("What the participant was told", "to rest, and to come today")
        await hands.press("Save the assessment", "BUTTON")
        assert f"Your assessment of the alert of {code}" in await hands.told()

        assert desk.faults == []
