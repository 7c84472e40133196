"""An answer mended, from the participant's own page to the desk; and what else happened entered."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TypeAlias
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from pro_service.services.study.staff import make_staff
from tests.browser.conftest import OpenWindow
from tests.browser.window import DESKTOP, Window
from tests.support.databases import clone
from tests.support.desk import PASSWORD
from tests.support.study import ACTOR, Trial, open_trial, row
from tests.support.web import answer_everything, browsing, send

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]

SAID = {
    "en": ("I meant 1, and pressed 4", "is kept", "What happened to"),
    "zh_CN": ("我想选1，点成了4", "更正申请已保存", "的情况已保存"),
}
Cookies: TypeAlias = dict[str, dict[str, str]]
"""What the browser of each participant keeps."""
CODES = {"en": "K-001", "zh_CN": "K-002"}


@pytest.fixture(scope="module")
def own_database(server_url: str, template_database: str) -> Iterator[str]:
    """A migrated database of these tests alone."""
    with clone(server_url, template_database) as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def answered(own_database: str) -> AsyncIterator[tuple[Trial, Cookies]]:
    """A participant a language who has sent everything, and investigators who speak it."""
    held: Cookies = {}
    async with open_trial(own_database) as trial:
        for language, code in CODES.items():
            await trial.enrol(row(code, channel="link", language=language, treated_knees="both"))
            await make_staff(
                trial.operator,
                trial.study_id,
                login=f"ines-{language.lower()}",
                password=PASSWORD,
                site="BJ01",
                role="investigator",
                language="zh_CN" if language == "zh_CN" else "en",
                actor=ACTOR,
            )
        await trial.ask()
        for code in CODES.values():
            async with browsing(trial.server) as browser:
                await browser.post(f"{await link_of(trial, code)}/open?own=1")
                async with browser.get("/q") as answer:
                    review = await answer_everything(browser, await answer.text())
                (await send(browser, review)).close()
                held[code] = {one.key: one.value for one in browser.cookie_jar}
        yield trial, held


async def link_of(trial: Trial, code: str) -> str:
    """The path of the participant's newest link."""
    text = (await trial.texts(code))[-1]
    return urlsplit(text[text.index("http") :].split()[0]).path


async def wide(window: Window, name: str) -> None:
    """Look a page of the desk over at its usual width, too."""
    await window.look_over(name, "staff")
    await window.page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})


@pytest.mark.parametrize("language", list(SAID))
async def test_a_request_of_the_own_page_becomes_a_correction_asked_for_at_the_desk(
    answered: tuple[Trial, Cookies], window: OpenWindow, language: str
) -> None:
    words, asked, kept = SAID[language]
    (trial, held), code = answered, CODES[language]
    base = trial.context.public_url
    async with window(base, locale=language.replace("_", "-")) as phone:
        page = phone.page
        await phone.context.add_cookies(
            [{"name": name, "value": value, "url": base} for name, value in held[code].items()]
        )
        await phone.go("/q/me")
        await phone.press("a[href='/q/me/correct']")
        await phone.press("button.main")
        await phone.look_over(f"correct-{language}-1-missing", "participants")
        await page.check("input[name=visit]")
        await page.fill("#words", words)
        await phone.look_over(f"correct-{language}-2-filled", "participants")
        await phone.press("button.main")
        await phone.look_over(f"correct-{language}-3-asked", "participants")
        assert phone.faults == [], "\n".join(phone.faults)
    async with window(base) as desk:
        page = desk.page
        await desk.go("/desk/sign-in")
        await page.fill("#login", f"ines-{language.lower()}")
        await page.fill("#password", PASSWORD)
        await desk.press("form button.main")
        room = f"/desk/participants/{code}/corrections"
        await wide(desk, f"mending-{language}-1-today")
        await desk.press(f"a[href='{room}']")
        assert words in await page.inner_text("#wishes")
        await desk.press("#wishes a.button")
        await page.select_option("#answer", index=1)
        await page.fill("#value", "1")
        await page.fill("#reason", words)
        await wide(desk, f"mending-{language}-2-corrections")
        await desk.press("#ask button.main")
        assert asked in await page.get_by_role("status").inner_text()
        await page.select_option("#sitting", index=1)
        await page.select_option("#belongs", index=1)
        await page.fill("#evidence", words)
        await desk.press("#place button.main")
        await wide(desk, f"mending-{language}-3-asked")
        await desk.go("/desk/corrections")
        await wide(desk, f"mending-{language}-4-counts")
        await desk.go(f"/desk/participants/{code}/own-event")
        await page.select_option("#f-kind", "operation")
        await desk.press("form.stack button.main")
        await page.select_option("#f-target", "left_knee")
        await page.fill("#f-began", "2026-01-04")
        await wide(desk, f"mending-{language}-5-own-event")
        await desk.press("form.stack button.main")
        assert kept in await page.get_by_role("status").inner_text()
        await wide(desk, f"mending-{language}-6-person")
        assert desk.faults == [], "\n".join(desk.faults)
