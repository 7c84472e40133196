"""Staff sign in at the desk, are refused, see the grid change, and leave."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from pro_service.services.study.staff import make_staff
from tests.browser.answering import MAIN, answer_everything, link_in
from tests.browser.conftest import OpenWindow
from tests.browser.window import Window
from tests.support.desk import PASSWORD
from tests.support.study import ACTOR, Trial

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]

LOGIN = "anna"


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def staffed(trial: Trial) -> AsyncIterator[Trial]:
    """The study with a coordinator."""
    await make_staff(
        trial.operator,
        trial.study_id,
        login=LOGIN,
        password=PASSWORD,
        site="BJ01",
        role="coordinator",
        language="en",
        actor=ACTOR,
    )
    yield trial


async def sign_in(desk: Window, password: str = PASSWORD) -> None:
    await desk.go("/desk/sign-in")
    await desk.page.fill("#login", LOGIN)
    await desk.page.fill("#password", password)
    await desk.press("form button.main")


async def states_of(desk: Window, code: str) -> list[str]:
    """The words of a participant's cells in the grid."""
    row = desk.page.locator(".grid tbody tr").filter(has=desk.page.get_by_text(code, exact=True))
    return [text.strip() for text in await row.locator(".cell .unseen").all_inner_texts()]


async def test_a_wrong_password_is_refused_and_the_name_stays(
    staffed: Trial, window: OpenWindow
) -> None:
    async with window(staffed.context.public_url) as desk:
        await sign_in(desk, "not the password")
        problem = desk.page.get_by_role("alert")
        assert "do not belong together" in await problem.inner_text()
        assert await desk.page.input_value("#login") == LOGIN
        assert await desk.page.input_value("#password") == ""
        await desk.go("/desk")
        assert "/desk/sign-in" in desk.page.url
        assert desk.faults == []


async def test_sign_in_needs_nothing_but_the_keyboard(staffed: Trial, window: OpenWindow) -> None:
    async with window(staffed.context.public_url) as desk:
        await desk.go("/desk/sign-in")
        keyboard = desk.page.keyboard
        order = []
        while "login" not in order:
            await keyboard.press("Tab")
            focused = "document.activeElement.id || document.activeElement.className"
            order.append(await desk.page.evaluate(focused))
            assert len(order) < 6, order
        assert order[0] == "skip"
        await keyboard.type(LOGIN)
        await keyboard.press("Tab")
        await keyboard.type(PASSWORD)
        await keyboard.press("Tab")
        async with desk.page.expect_navigation():
            await keyboard.press("Enter")
        assert desk.page.url.endswith("/desk")
        assert await desk.page.locator(".login").inner_text() == LOGIN
        assert desk.faults == []


async def test_the_grid_says_due_before_and_completed_after_a_questionnaire_was_sent(
    staffed: Trial, window: OpenWindow
) -> None:
    base = staffed.context.public_url
    async with window(base) as desk, window(base) as phone:
        await sign_in(desk)
        await desk.go("/desk/participants")
        before = await states_of(desk, "K-005")
        await phone.go(await link_in(await staffed.texts("K-005")))
        await answer_everything(phone)
        await phone.press_on(MAIN)
        await desk.page.reload()
        after = await states_of(desk, "K-005")
        assert ("due" in before, "completed" in before) == (True, False)
        assert ("due" in after, "completed" in after) == (False, True)
        assert desk.faults + phone.faults == []


async def test_after_signing_out_the_desk_is_closed_and_going_back_shows_nothing(
    staffed: Trial, window: OpenWindow
) -> None:
    async with window(staffed.context.public_url) as desk:
        await sign_in(desk)
        assert await desk.page.locator(".rooms").count() == 1
        await desk.press("form[action='/desk/sign-out'] button")
        assert "signed out" in await desk.page.get_by_role("status").inner_text()
        await desk.page.go_back()
        assert await desk.page.locator(".rooms").count() == 0
        assert "/desk/sign-in" in desk.page.url
        assert desk.faults == []
