"""A coordinator's own hands: somebody enrolled by the form, and an injection that slips."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest
import pytest_asyncio

from pro_service.services.study.staff import make_staff
from tests.browser.conftest import OpenWindow
from tests.browser.window import Window
from tests.support.databases import clone
from tests.support.desk import PASSWORD
from tests.support.study import ACTOR, Trial, open_trial, row

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]

SAID = {
    "en": ("is enrolled", "is recorded, and the visits follow it", "Please fill this in"),
    "zh_CN": ("已入组", "的事件已记录", "请填写"),
}
CHOSEN = ("site", "language", "channel", "messaging_consent", "treated_knees")


@pytest.fixture(scope="module")
def own_database(server_url: str, template_database: str) -> Iterator[str]:
    """A migrated database of these tests alone."""
    with clone(server_url, template_database) as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def staffed(own_database: str) -> AsyncIterator[Trial]:
    """A trial with a coordinator for each language, and nobody enrolled."""
    async with open_trial(own_database) as trial:
        for one in SAID:
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
async def test_somebody_is_enrolled_and_their_injection_slips(
    staffed: Trial, window: OpenWindow, language: str
) -> None:
    enrolled, recorded, empty = SAID[language]
    code = f"K-{11 if language == 'en' else 12}"
    async with window(staffed.context.public_url) as desk:
        page = desk.page
        await desk.go("/desk/sign-in")
        await page.fill("#login", f"anna-{language.lower()}")
        await page.fill("#password", PASSWORD)
        await desk.press("form button.main")
        await desk.go("/desk/enrol")
        await look(desk, f"desk-enrol-{language}")
        await fill(desk, row(code, phone="12"))
        await desk.press("form[action='/desk/enrol'] button.main")
        assert await page.input_value("#f-code") == code
        await look(desk, f"desk-enrol-wrong-{language}")
        await page.fill("#f-phone", row(code)["phone"])
        await desk.press("form[action='/desk/enrol'] button.main")
        assert await page.locator("#dates tbody tr").count() > 5
        await look(desk, f"desk-enrol-preview-{language}")
        await desk.press("button.main")
        assert enrolled in await page.get_by_role("status").inner_text()

        await desk.go(f"/desk/participants/{code}")
        await look(desk, f"desk-person-{language}")
        await desk.press("a[href$='/event']")
        await page.select_option("#f-event", "injection:1")
        await page.select_option("#f-said", "planned")
        slipped = (await staffed.now() + timedelta(days=21)).date()
        await page.fill("#f-day", slipped.isoformat())
        await look(desk, f"desk-event-{language}")
        await page.eval_on_selector("#f-reason", "one => one.removeAttribute('required')")
        await desk.press("form button.main")
        assert empty in await page.locator("#problem").inner_text()
        assert await page.input_value("#f-day") == slipped.isoformat()
        await page.fill("#f-reason", "The theatre was full")
        await desk.press("form button.main")
        rows = await page.locator("#changes tbody tr").count()
        await look(desk, f"desk-event-preview-{language}")
        await desk.press("button.main")
        assert recorded in await page.get_by_role("status").inner_text()
        moved = await staffed.count(
            "visits",
            f"actor = 'staff:anna-{language.lower()}' AND schedule_revision = 2",
        )
        assert moved == rows > 5
        await desk.press("a[href$='/ask']")
        await look(desk, f"desk-ask-{language}")
        assert desk.faults == []


async def fill(desk: Window, cells: dict[str, str]) -> None:
    """Type a row of the file into the form."""
    for name, value in cells.items():
        if name in CHOSEN:
            await desk.page.select_option(f"#f-{name}", value)
        else:
            await desk.page.fill(f"#f-{name}", value)


async def look(desk: Window, name: str) -> None:
    """Axe in both schemes, both widths, and no page that scrolls sideways."""
    await desk.look_over(name, "staff")
    for width, height in ((390, 844), (1280, 800)):
        await desk.page.set_viewport_size({"width": width, "height": height})
        wide = await desk.page.locator("html").evaluate("one => one.scrollWidth")
        assert wide <= width, (name, width)
