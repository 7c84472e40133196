"""The room of the rota and its forms: both languages, any width, without scripts."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from pro_service.services.study.staff import make_staff
from tests.browser.conftest import OpenWindow
from tests.support.desk import PASSWORD
from tests.support.study import ACTOR, Trial

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]

ROOM = "/desk/rota/BJ01"


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def staffed(trial: Trial) -> AsyncIterator[Trial]:
    """The study with one member of staff a language."""
    for language in ("en", "zh_CN"):
        await make_staff(
            trial.operator,
            trial.study_id,
            login=f"rota-{language.lower()}",
            password=PASSWORD,
            site="BJ01",
            role="coordinator",
            language="zh_CN" if language == "zh_CN" else "en",
            actor=ACTOR,
        )
    yield trial


@pytest.mark.parametrize(
    ("language", "said", "gaps"),
    [
        ("en", "The shift is in the rota of BJ01.", "Nobody is on duty"),
        ("zh_CN", "班次已加入 BJ01 的值班表。", "无人值班的时段"),
    ],
)
async def test_a_shift_is_added_and_the_room_reads_well(
    staffed: Trial, window: OpenWindow, language: str, said: str, gaps: str
) -> None:
    login = f"rota-{language.lower()}"
    async with window(staffed.context.public_url) as desk:
        page = desk.page
        await desk.go("/desk/sign-in")
        await page.fill("#login", login)
        await page.fill("#password", PASSWORD)
        await desk.press("form button.main")
        await desk.go(f"{ROOM}/shift")
        await desk.look_over(f"desk-rota-form-{language}", "staff")
        for day in ("mon", "tue", "wed", "thu", "fri"):
            await page.check(f"input[value={day}]")
        await page.fill("#f-begins", "20:00")
        await page.fill("#f-ends", "08:00")
        await page.select_option("#f-person", label=login)
        await desk.press("main form button.main")
        assert await page.inner_text(".said") == said
        await desk.go(f"{ROOM}/leave")
        await page.select_option("#f-person", label=login)
        await page.fill("#f-first_on", "2030-01-01")
        await desk.press("main form button.main")
        assert gaps in await page.inner_text("#gaps")
        await desk.look_over(f"desk-rota-{language}", "staff")
        await desk.go("/desk")
        assert await page.locator('#gaps a[href="/desk/rota/BJ01"]').count() == 1
        await desk.look_over(f"desk-today-rota-{language}", "staff")
        assert desk.faults == []
