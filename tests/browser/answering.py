"""Answers the questionnaire as a participant does: by pressing what the page shows.

With scripts a press changes the open page, without them it leads to another; `Window.press_on`
waits for either.
"""

from __future__ import annotations

import re

from playwright.async_api import Locator, Page

from tests.browser.window import Window

QUESTION = "fieldset.question"
MAIN = "button.main"
BACK = "button.back"


async def link_in(texts: list[str]) -> str:
    """The address in the newest text."""
    found = re.search(r"http\S+", texts[-1])
    assert found is not None
    return found[0]


def item_of(identifier: str | None) -> str:
    """The item's code from its field's id."""
    return (identifier or "").removeprefix("q-")


async def choose(question: Locator, value: int) -> None:
    """Press a value, or type it where the question wants a number typed."""
    typed = question.locator("input.number")
    if await typed.count():
        await typed.fill(str(value))
        return
    await question.locator(f"input[value='{value}']").check()


async def fill(window: Window, value: int = 0, *, but: int = 0) -> dict[str, int]:
    """Answer the questions of a screen, leaving the last `but` open; the answers by item."""
    given = {}
    questions = await window.page.locator(QUESTION).all()
    for question in questions[: len(questions) - but]:
        await choose(question, value)
        given[item_of(await question.get_attribute("id"))] = value
    return given


async def answer_screen(window: Window, value: int) -> dict[str, int]:
    """Answer every question of the screen and save it; the answers by item."""
    given = await fill(window, value)
    await window.press_on(MAIN)
    return given


async def has_mark(page: Page) -> bool:
    """Whether the line of a long scale shows where its value is: it looks otherwise elsewhere."""
    line = page.locator(".line")
    held = await line.input_value()
    looks = []
    for value in ("10", "90"):
        await line.evaluate("(one, value) => { one.value = value; }", value)
        looks.append(await line.screenshot())
    await line.evaluate("(one, value) => { one.value = value; }", held)
    return looks[0] != looks[1]


async def begin(window: Window, who: str = "self") -> None:
    """From the welcome page to the first question, saying who answers if that is asked."""
    await window.press(MAIN)
    await say_who(window, who)


async def say_who(window: Window, who: str = "self") -> None:
    """Say who answers, if that is asked."""
    if window.page.url.endswith("/q/who"):
        await window.page.check(f"input[value='{who}']")
        await window.press_on(MAIN)


async def answer_everything(window: Window) -> dict[str, int]:
    """From the welcome page to the review, with another value on each screen."""
    await begin(window)
    given: dict[str, int] = {}
    while "/q/s/" in window.page.url:
        given |= await answer_screen(window, (3 * len(given) + 2) % 11)
        if window.page.url.endswith("/q/now"):
            await window.press_on("main a.second")
    assert window.page.url.endswith("/q/review"), window.page.url
    return given
