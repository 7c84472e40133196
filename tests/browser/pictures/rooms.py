"""Draw every room of the desk to be looked at: in both languages, at two widths, light and dark.

    .venv/bin/python -m tests.browser.pictures.rooms --out screenshots/rooms
    .venv/bin/python -m tests.browser.pictures.rooms --only rota --only tablet

Starts `pro-service demo` in a folder that is deleted again, gives it a member of staff of every
role, and photographs each page as a role that may see it. What it can tell by itself it says: a
page that is not there, one that scrolls sideways, a bar that takes two lines on a screen. Needs
Chromium; a whole round takes some minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from playwright.async_api import Browser, async_playwright

from pro_service.demo.folder import DemoFolder
from pro_service.domain.study.permissions import MAY, Action, Role
from pro_service.embedded import find_running
from pro_service.services.study.staff import make_staff
from pro_service.store.pools import connect
from pro_service.store.study.studies import list_sites
from pro_service.web.desk.frame.rooms import ROOMS
from pro_service.web.desk.person.registry import SHEETS
from tests.browser.conftest import ARGUMENTS, NAMES
from tests.browser.pictures.draw import doors_of
from tests.browser.window import DESKTOP, PHONE, Window, open_window
from tests.support.command import Commands

SIZES: Final = (PHONE, DESKTOP)
SCHEMES: Final[tuple[Any, ...]] = ("light", "dark")
LANGUAGES: Final = {"en": "en-GB", "zh_CN": "zh-CN"}
_CHINESE: Final = "button[lang=zh-Hans]"
PASSWORD: Final = "every room is drawn once"
ACTOR: Final = "cli:pictures"
OF_THE_DEMO: Final = frozenset({Role.coordinator, Role.investigator})
"""Roles that the demo has somebody of already."""
OF_ONE: Final = {
    "": Action.see_participants,
    "/trajectory": Action.see_participants,
    "/entry": Action.enter_answers,
    "/corrections": Action.ask_correction,
    "/tablet": Action.hand_over_tablet,
    "/card": Action.print_card,
    "/unblind": Action.unblind,
    "/signing": Action.sign_record,
}
"""Pages of one participant."""


class Shown(NamedTuple):
    """A page to draw, and what somebody must be able to do to see it."""

    name: str
    path: str
    action: Action
    press: str = ""
    """What is pressed there to come to it; where nothing is to be pressed now, it is not drawn."""


PRESSED: Final = (
    Shown("call", "/desk", Action.close_call, "a[href^='/desk/calls/']:not([href$='print'])"),
    Shown("text", "/desk/texts", Action.settle_text, "main a[href^='/desk/texts/']"),
    Shown("to-sign", "/desk/signing", Action.sign_record, "main a.code"),
    Shown("chosen", "/desk/participants", Action.ask_now, "form[action='/desk/chosen/ask'] .main"),
)
"""Pages whose address only another page knows."""
EMPTY_IN_THE_DEMO: Final = frozenset(
    {"/desk/measures/correlate", "query-answer", "query-close", "query-reopen"}
)
"""Its plan lets nobody set measures beside scores yet, and forms about a query name one."""
_FAULTS: Final = """() => {
  const found = [], root = document.scrollingElement, bar = document.querySelector(".rooms");
  if (root.scrollWidth > root.clientWidth) found.push(`scrolls sideways: ${root.scrollWidth} px`);
  const lines = bar ? Math.round(bar.parentElement.getBoundingClientRect().height / 45) : 1;
  if (root.clientWidth >= 1280 && lines > 1) found.push(`its bar takes ${lines} lines`);
  return found;
}"""


def pages(code: str, sites: Sequence[str]) -> Iterator[Shown]:
    """Every page, with those of a participant and of a site."""
    for room in ROOMS:
        for path in (room.path, *room.more):
            if path in EMPTY_IN_THE_DEMO:
                continue
            yield Shown(path.removeprefix("/desk").strip("/") or "today", path, room.action)
    for name in ("calls/print", "me", "participants?sort=behind", "record/queries"):
        yield Shown(name, f"/desk/{name}", Action.see_participants)
    yield Shown("rota-site", f"/desk/rota/{sites[0]}", Action.see_participants)
    yield Shown("rota-shift", f"/desk/rota/{sites[0]}/shift", Action.change_rota)
    theirs = f"/desk/participants/{quote(code, safe='')}"
    for end, action in OF_ONE.items():
        yield Shown(f"participant{end}", f"{theirs}{end}", action)
    for sheet in SHEETS:
        if sheet.name in EMPTY_IN_THE_DEMO:
            continue
        yield Shown(f"form/{sheet.name}", f"{theirs}/{sheet.name}", sheet.action)
    yield from PRESSED


async def add_staff(database: Path) -> list[str]:
    """Somebody of every role the demo has nobody of, in the whole study; the sites' codes."""
    url = find_running(database)
    if url is None:
        raise RuntimeError("The demo's database does not run.")
    operator = await connect(url, role="pro_operator", actor=ACTOR)
    try:
        study_id = await operator.fetchval("SELECT id FROM pro.studies")
        sites = [one.code for one in await list_sites(operator, study_id)]
        for role in set(Role) - OF_THE_DEMO:
            await make_staff(
                *(operator, study_id),
                login=role,
                password=PASSWORD,
                site=None,
                role=role,
                actor=ACTOR,
            )
        return sites
    finally:
        await operator.close()


async def sign_in(desk: Window, role: Role, password: str) -> None:
    """Sign in through the page."""
    await desk.go("/desk/sign-in")
    await desk.page.fill("#login", role)
    await desk.page.fill("#password", PASSWORD if role not in OF_THE_DEMO else password)
    await desk.press("form button.main")


async def draw(desk: Window, shown: Shown, folder: Path) -> list[str]:
    """Photograph a page at each size and in each scheme; what is wrong with it."""
    page, faults = desk.page, []
    answer = await page.goto(desk.base + shown.path)
    if answer is None or answer.status != 200:
        return [f"answers {'nothing' if answer is None else answer.status}"]
    if shown.press:
        if not await page.locator(shown.press).count():
            return []
        await desk.press(shown.press)
    name = shown.name.replace("/", "-").replace("?", "-")
    for width, height in SIZES:
        await page.set_viewport_size({"width": width, "height": height})
        faults += await page.evaluate(_FAULTS)
        for scheme in SCHEMES:
            await page.emulate_media(color_scheme=scheme)
            path = folder / f"{name}-{width}-{scheme}.png"
            await page.screenshot(path=path, full_page=True)
    return faults


async def draw_all(
    browser: Browser, doors: dict[str, Any], sites: Sequence[str], wanted: argparse.Namespace
) -> int:
    """Draw what is wanted in both languages; how many faults were found."""
    count = 0
    for language, locale in LANGUAGES.items():
        folder = wanted.out / language
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        async with AsyncExitStack() as stack:
            seats: dict[Role, Window] = {}
            for role in Role:
                opened = open_window(browser, doors["base_url"], locale=locale)
                seats[role] = await stack.enter_async_context(opened)
                await sign_in(seats[role], role, doors["desk"]["password"])
                # Whatever language is their own, the one chosen on the device goes before.
                if language == "zh_CN" and await seats[role].page.locator(_CHINESE).count():
                    await seats[role].press(_CHINESE)
            code = next(iter(doors["links"]))
            for shown in pages(code, sites):
                if wanted.only and not any(one in shown.name for one in wanted.only):
                    continue
                role = next(one for one in _PREFERRED if one in MAY[shown.action])
                faults = await draw(seats[role], shown, folder)
                count += len(faults)
                for fault in faults:
                    print(f"{language} {shown.path} as {role}: {fault}")
            for role, seat in seats.items():
                for fault in seat.faults:
                    print(f"{language} {role}: {fault}")
                count += len(seat.faults)
    return count


_PREFERRED: Final = (Role.investigator, Role.coordinator, *Role)
"""Who has two sites and may most comes first: their bar is the longest."""


@asynccontextmanager
async def running_demo() -> AsyncIterator[tuple[dict[str, Any], list[str]]]:
    """The demo with somebody of every role: its doors, and its sites."""
    with tempfile.TemporaryDirectory(prefix="rooms-") as name:
        folder, ready = Path(name) / "data", Path(name) / "ready.json"
        words = ("demo", "--data", str(folder), "--port", "0", "--ready", str(ready))
        async with Commands(None).running(*words, ready="being lived") as demo:
            doors = await doors_of(ready)
            yield doors, await add_staff(DemoFolder(folder).database)
            await demo.stop()


async def main() -> None:
    """Draw, and say what was found and where the pictures are."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("screenshots/rooms"))
    parser.add_argument("--only", action="append", help="Pages whose name holds this.")
    wanted = parser.parse_args()
    path = next((found for one in NAMES if (found := shutil.which(one))), None)
    if path is None:
        raise RuntimeError("Chromium is not installed.")
    async with running_demo() as (doors, sites), async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        count = await draw_all(browser, doors, sites, wanted)
        await browser.close()
    print(f"{count} faults; the pictures are in {wanted.out}")


if __name__ == "__main__":
    asyncio.run(main())
