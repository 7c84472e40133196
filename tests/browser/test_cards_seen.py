"""The card at the desk, shown by a button; and the pages where staff are signed in (M1, M15)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from pro_service.services.study.staff import make_staff
from tests.browser.conftest import OpenWindow
from tests.support.desk import PASSWORD
from tests.support.study import ACTOR, Trial

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]
CARD = "/desk/participants/K-001/card"


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def staffed(trial: Trial) -> AsyncIterator[Trial]:
    """The study with a coordinator in either language."""
    for login, language in (("cara", "en"), ("chen", "zh_CN")):
        await make_staff(
            trial.operator,
            trial.study_id,
            login=login,
            password=PASSWORD,
            site="BJ01",
            role="coordinator",
            language="zh_CN" if language == "zh_CN" else "en",
            actor=ACTOR,
        )
    yield trial


@pytest.mark.parametrize("login", ["cara", "chen"])
async def test_m1_a_card_is_shown_on_demand_and_staff_do_not_answer_with_it(
    staffed: Trial, window: OpenWindow, login: str
) -> None:
    async with window(staffed.context.public_url) as desk:
        await desk.go("/desk/sign-in")
        await desk.page.fill("#login", login)
        await desk.page.fill("#password", PASSWORD)
        await desk.press("form button.main")
        await desk.go(CARD)
        await desk.look_over(f"card-hidden-{login}", "staff")
        assert await desk.page.locator("#card").count() == 0
        await desk.press("form[action$='/card/show'] button")
        await desk.look_over(f"card-shown-{login}", "staff")
        code = await desk.page.locator("#card .typed.large").inner_text()
        assert len(code) == len("K7M-4PX-9RTA")
        await desk.go("/c")
        await desk.look_over(f"staff-here-{login}", "participants")
        assert await desk.page.get_by_role("heading").count() == 1
        assert await desk.page.locator("#code").count() == 0
        # The browser calls every answer of 403 an error.
        desk.faults = [one for one in desk.faults if "403" not in one]
