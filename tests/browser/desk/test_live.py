"""What is new shows itself on the page that is open, and disturbs nobody at work on it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from pro_service.services.study.staff import make_staff
from tests.browser.conftest import OpenWindow
from tests.support.databases import clone
from tests.support.desk import PASSWORD
from tests.support.study import ACTOR, Trial, open_trial, row

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]


@pytest.fixture(scope="module")
def own_database(server_url: str, template_database: str) -> Iterator[str]:
    """A migrated database of these tests alone."""
    with clone(server_url, template_database) as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def asked(own_database: str) -> AsyncIterator[Trial]:
    """Two who were asked, and a coordinator."""
    async with open_trial(own_database) as trial:
        await trial.enrol(row("K-001"), row("K-002"))
        await trial.ask()
        await make_staff(
            trial.operator,
            trial.study_id,
            login="anna",
            password=PASSWORD,
            site="BJ01",
            role="coordinator",
            language="en",
            actor=ACTOR,
        )
        yield trial


async def test_a_text_that_comes_is_shown_and_what_is_being_typed_stays(
    asked: Trial, window: OpenWindow
) -> None:
    async with window(asked.context.public_url) as desk:
        page = desk.page
        await desk.go("/desk/sign-in")
        await page.fill("#login", "anna")
        await page.fill("#password", PASSWORD)
        async with page.expect_response("**/desk/events"):
            await desk.press("form button.main")
        await expect(page.locator("#texts")).to_have_count(0)
        await asked.says("K-001", "please ring me about the appointment")
        await expect(page.locator("#texts .work > li")).to_contain_text("about the appointment")
        await expect(page.locator("#live-said")).to_contain_text("A new text.")
        await expect(page.locator("#rooms a[href='/desk/texts']")).to_contain_text("1")
        # Somebody else's text changes nothing on a participant's page.
        async with page.expect_response("**/desk/events"):
            await desk.go("/desk/participants/K-001")
        await page.click("#pause summary")
        await page.fill("#pause-reason", "on holiday until")
        await asked.says("K-002", "and please ring me")
        await asked.says("K-001", "in the morning, please")
        thread = page.locator("#conversation .thread")
        await expect(thread).to_contain_text("in the morning, please")
        await page.keyboard.type(" the 3rd")
        await expect(page.locator("#pause-reason")).to_have_value("on holiday until the 3rd")
        await expect(page.locator("#pause-reason")).to_be_focused()
        await expect(page.locator("#live-said")).to_contain_text("A new text.")
        # Signed out elsewhere, the page says so.
        other = await desk.context.new_page()
        await other.goto(f"{desk.base}/desk/week")
        await other.click("form[action='/desk/sign-out'] button")
        await page.bring_to_front()
        await expect(page.locator("#live-said")).to_contain_text("You are signed out here.")
