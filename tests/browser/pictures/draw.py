"""Draw the README's two pictures anew, from the demo as anybody starts it.

    .venv/bin/python -m tests.browser.pictures.draw

Starts `pro-service demo` in a folder that is deleted again, and photographs a question on a
telephone and the first page of the desk. Run it when one of the two pages looks otherwise than its
picture. Needs Chromium; takes a minute.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Browser, async_playwright

from tests.browser.answering import MAIN, QUESTION, begin
from tests.browser.conftest import ARGUMENTS, NAMES
from tests.browser.window import DESKTOP, Window, open_window
from tests.support.command import Commands

FOLDER: Final = Path(__file__).parent
DESK_SCALE: Final = 0.6
LARGEST: Final = 80_000
"""Bytes of a picture at most: whoever clones the repository carries every version of it."""
STARTING_SECONDS: Final = 600
"""How long the demo may take to live its history on a busy machine."""


async def draw_question(browser: Browser, doors: dict[str, Any]) -> None:
    """A question of the first questionnaire that is open, with an answer chosen."""
    async with open_window(browser, doors["base_url"]) as phone:
        for link in doors["links"].values():
            await phone.go(link)
            await begin(phone)
            keys = phone.page.locator(f"{QUESTION} label.key")
            if await keys.count():
                await keys.nth(3).click()
                await save(phone, "question.png")
                return
    raise RuntimeError("No open questionnaire begins with a question from 0 to 10.")


async def draw_desk(browser: Browser, doors: dict[str, Any]) -> None:
    """The first page a coordinator sees, scaled down."""
    size = {"width": DESKTOP[0], "height": DESKTOP[1]}
    async with open_window(
        browser, doors["base_url"], viewport=size, device_scale_factor=DESK_SCALE
    ) as desk:
        await desk.go(doors["desk"]["address"])
        await desk.page.fill("#login", doors["desk"]["user"])
        await desk.page.fill("#password", doors["desk"]["password"])
        await desk.press(MAIN)
        await save(desk, "desk.png")


def read(ready: Path) -> dict[str, Any]:
    """The ready file, or nothing yet."""
    found: dict[str, Any] = json.loads(ready.read_text(encoding="utf-8")) if ready.exists() else {}
    return found


async def doors_of(ready: Path) -> dict[str, Any]:
    """What the demo writes once it serves. Raises RuntimeError where it never does."""
    for _ in range(STARTING_SECONDS):
        if doors := await asyncio.to_thread(read, ready):
            return doors
        await asyncio.sleep(1)
    raise RuntimeError("The demo did not start.")


async def save(window: Window, name: str) -> None:
    """Photograph what the window shows. Raises RuntimeError where that is too large a file."""
    picture = await window.page.screenshot()
    if len(picture) > LARGEST:
        raise RuntimeError(f"{name} would have {len(picture)} bytes, at most {LARGEST}.")
    await asyncio.to_thread((FOLDER / name).write_bytes, picture)
    print(f"{name}: {len(picture)} bytes")


async def draw() -> None:
    """Start the demo, draw both, and stop it."""
    path = next((found for one in NAMES if (found := shutil.which(one))), None)
    if path is None:
        raise RuntimeError("Chromium is not installed.")
    with tempfile.TemporaryDirectory(prefix="pictures-") as name:
        ready = Path(name) / "ready.json"
        words = ("demo", "--data", f"{name}/data", "--port", "0", "--ready", str(ready))
        async with Commands(None).running(*words, ready="being lived") as demo:
            doors = await doors_of(ready)
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(
                    executable_path=path, args=list(ARGUMENTS)
                )
                await draw_question(browser, doors)
                await draw_desk(browser, doors)
                await browser.close()
            await demo.stop()


if __name__ == "__main__":
    asyncio.run(draw())
