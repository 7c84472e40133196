"""The newcomer's tour: the demo, time moved, a text read, its link opened, answers, the desk."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from tests.browser.answering import MAIN, answer_everything
from tests.browser.conftest import OpenWindow
from tests.browser.desk.test_desk import states_of
from tests.browser.window import DESKTOP, Window
from tests.support.command import Commands
from tests.support.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]

SHORT: Final = ("--participants", "12", "--days", "6")
"""Of so many some answer by links, and are sent one."""
EVENTS: Final = 3
MOST_DAYS: Final = 20
"""By then at the latest, whatever the hour of the day, somebody holds a link to open questions."""
WORDS: Final = "hello from the tour"


@asynccontextmanager
async def demo(folder: Path) -> AsyncIterator[dict[str, Any]]:
    """The command as the README gives it, on any port; what its ready file says."""
    ready = folder / "ready.json"
    words = ("demo", "--data", str(folder / "data"), "--port", "0", "--ready", str(ready), *SHORT)
    async with Commands(None).running(*words, ready="Ctrl-C stops") as running:

        async def is_written() -> bool:
            return await asyncio.to_thread(ready.exists)

        await until(is_written)
        yield json.loads(ready.read_text(encoding="utf-8"))
        assert await running.stop() == 0


async def move(phone: Window, button: str) -> None:
    """Press a button that moves time; the page says what happened without being loaded again."""
    clock = phone.page.locator("#clock .now")
    before = await clock.inner_text()
    await phone.page.evaluate("document.body.dataset.same = 'yes'")
    async with phone.page.expect_response("**/demo/phone/move"):
        await phone.page.click(button)
    await phone.page.locator("#happened .counts").wait_for()
    await phone.page.wait_for_function(
        "before => document.querySelector('#clock .now').innerText !== before", arg=before
    )
    assert await phone.page.evaluate("document.body.dataset.same") == "yes"


async def find_text_with_open_link(phone: Window) -> str:
    """Look at every phone, and move on in time, until a text leads to open questions; whose."""
    for button in EVENTS * ["#move-next button"] + MOST_DAYS * ["#move-days button[value='1']"]:
        await move(phone, button)
        people = await phone.page.locator(".people a strong").all_inner_texts()
        for code in people:
            await phone.go(f"/demo/phone?person={code}")
            opened = phone.page.locator("#open a.second")
            link = await opened.get_attribute("href") if await opened.count() else None
            if link and await phone.page.locator(f"#texts a[href='{link}']").count():
                return code
    raise AssertionError("nobody got a text with a link to open questions")


async def open_link_in_text(phone: Window) -> Window:
    """Press the newest link among the texts; the page it opens."""
    async with phone.context.expect_page() as opening:
        await phone.page.locator("#texts a").last.click()
    page = await opening.value
    await page.wait_for_load_state()
    return Window(phone.context, page, phone.base)


async def look_at_phone_and_start_page(phone: Window) -> None:
    """Both pages of the demo itself, in both languages; back in English afterwards."""
    for path, name in (("/", "demo-1-start"), ("/demo/phone", "demo-2-phone")):
        await phone.go(path)
        for language in ("en", "zh_CN"):
            await phone.look_over(f"{language}-{name}", "staff")
            await phone.press("form[action='/demo/phone/language'] button")


@pytest.mark.thorough
async def test_the_tour_leads_from_the_start_to_a_completed_womac_and_a_changed_grid(
    tmp_path: Path, window: OpenWindow
) -> None:
    size = {"width": DESKTOP[0], "height": DESKTOP[1]}
    async with demo(tmp_path) as doors:
        base = doors["base_url"]
        async with window(base, viewport=size) as phone, window(base, viewport=size) as desk:
            await phone.go(doors["phone"])
            await phone.page.fill("#text", WORDS)
            await phone.page.click("#write button")
            await phone.page.locator("#texts").get_by_text(WORDS).wait_for()

            code = await find_text_with_open_link(phone)
            await desk.go(doors["desk"]["address"])
            await desk.page.fill("#login", doors["desk"]["user"])
            await desk.page.fill("#password", doors["desk"]["password"])
            await desk.press(MAIN)
            await desk.go("/desk/participants")
            before = await states_of(desk, code)

            questions = await open_link_in_text(phone)
            await answer_everything(questions)
            await questions.press_on(MAIN)
            assert questions.page.url.endswith("/q/thanks")

            await desk.page.reload()
            after = await states_of(desk, code)
            assert {"due", "started"} & set(before), before
            assert after.count("completed") == before.count("completed") + 1, (before, after)

            await look_at_phone_and_start_page(phone)
            faults = phone.faults + desk.faults
            assert not faults, "\n".join(faults)
