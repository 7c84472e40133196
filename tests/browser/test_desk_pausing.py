"""A pause at the desk without scripts: form, preview, the page after it, in both languages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest
import pytest_asyncio

from pro_service.domain.study.facts import Status
from pro_service.services.study.staff import make_staff
from tests.browser.conftest import OpenWindow
from tests.browser.window import Window
from tests.support.databases import clone
from tests.support.desk import PASSWORD
from tests.support.study import ACTOR, Trial, open_trial, row

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]

SAID = {
    "en": ("Pause P-en", "Texts go out again from", "Safety follow-up goes on"),
    "zh_CN": ("暂停P-zh_CN", "起恢复发送短信", "安全性随访继续进行"),
}


@pytest.fixture(scope="module")
def own_database(server_url: str, template_database: str) -> Iterator[str]:
    """A migrated database of these tests alone."""
    with clone(server_url, template_database) as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def injected(own_database: str) -> AsyncIterator[Trial]:
    """A participant a language, injected a moment ago, and staff who speak it."""
    async with open_trial(own_database) as trial:
        for one in SAID:
            await trial.enrol(row(f"P-{one}", channel="link"))
            await trial.happened(f"P-{one}", statuses=[Status.active])
            await make_staff(
                trial.operator,
                trial.study_id,
                login=f"anna-{one.lower()}",
                password=PASSWORD,
                site="BJ01",
                role="coordinator",
                language="zh_CN" if one == "zh_CN" else "en",
                actor=ACTOR,
            )
        yield trial


@pytest.mark.parametrize("language", list(SAID))
async def test_a_pause_is_looked_at_made_and_ended_without_scripts(
    injected: Trial, window: OpenWindow, language: str
) -> None:
    title, done, safety = SAID[language]
    base = injected.context.public_url
    async with window(base, java_script_enabled=False) as desk:
        page = desk.page
        await desk.go("/desk/sign-in")
        await page.fill("#login", f"anna-{language.lower()}")
        await page.fill("#password", PASSWORD)
        await desk.press("form button.main")
        await desk.go(f"/desk/participants/P-{language}")
        await page.locator("#pause summary").click()
        until = (await injected.now() + timedelta(days=20)).date()
        await page.fill("#pause-until", until.isoformat())
        await page.fill("#pause-reason", "Away with her daughter, asked for a rest")
        await look(desk, f"desk-pause-form-{language}")
        await desk.press("#pause button.main")
        assert title in await page.inner_text("h1")
        assert safety in await page.inner_text("#safety")
        assert await page.locator("#changes tbody tr").count() >= 1
        await look(desk, f"desk-pause-preview-{language}")
        await desk.press("#confirm button.main")
        assert "?done=paused" in page.url
        assert done in await page.get_by_role("status").inner_text()
        await look(desk, f"desk-pause-done-{language}")
        await page.locator("#resume summary").click()
        await page.fill("#resume-reason", "Back earlier")
        await desk.press("#resume button.main")
        await look(desk, f"desk-resume-preview-{language}")
        await desk.press("#confirm button.main")
        assert await page.locator("#resume").count() == 0
        assert desk.faults == []


@pytest.mark.parametrize("language", list(SAID))
async def test_an_investigator_ends_a_safety_follow_up_without_scripts(
    injected: Trial, window: OpenWindow, language: str
) -> None:
    login, base = f"li-{language.lower()}", injected.context.public_url
    await make_staff(
        injected.operator,
        injected.study_id,
        login=login,
        password=PASSWORD,
        site="BJ01",
        role="investigator",
        language="zh_CN" if language == "zh_CN" else "en",
        actor=ACTOR,
    )
    async with window(base, java_script_enabled=False) as desk:
        page = desk.page
        await desk.go("/desk/sign-in")
        await page.fill("#login", login)
        await page.fill("#password", PASSWORD)
        await desk.press("form button.main")
        await desk.go(f"/desk/participants/P-{language}")
        await page.locator("#safety summary").click()
        await page.fill("#safety-reason", "In the ward, seen every day")
        await look(desk, f"desk-safety-end-{language}")
        await desk.press("#safety button.main")
        assert await page.locator("#safety").count() == 0
        assert await injected.count("safety_ends", f"actor = 'staff:{login}'") == 1


async def look(desk: Window, name: str) -> None:
    """See that the page scrolls sideways at no width."""
    for width, height in ((390, 844), (1280, 800), (320, 640)):
        await desk.page.set_viewport_size({"width": width, "height": height})
        wide = await desk.page.locator("html").evaluate("one => one.scrollWidth")
        assert wide <= width, (name, width)
    await desk.page.set_viewport_size({"width": 390, "height": 844})
