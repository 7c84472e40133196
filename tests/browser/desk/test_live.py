"""What is new shows itself on the page that is open, and disturbs nobody at work on it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from typing import Final

import pytest
import pytest_asyncio
from playwright.async_api import expect

from pro_service.domain.study.times import zone
from pro_service.services import rounds
from pro_service.services.study.staff import make_staff
from tests.browser.conftest import OpenWindow
from tests.browser.window import Window
from tests.support.databases import clone
from tests.support.desk import PASSWORD
from tests.support.study import ACTOR, Trial, open_trial, row

DAY: Final = timedelta(days=1)
pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]


@pytest.fixture(scope="module")
def own_database(server_url: str, template_database: str) -> Iterator[str]:
    """A migrated database of these tests alone."""
    with clone(server_url, template_database) as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def asked(own_database: str) -> AsyncIterator[Trial]:
    """Two who were asked, a coordinator and an investigator."""
    async with open_trial(own_database) as trial:
        await trial.enrol(row("K-001"), row("K-002"))
        await trial.ask()
        for login, role in (("anna", "coordinator"), ("iris", "investigator")):
            await make_staff(
                trial.operator,
                trial.study_id,
                login=login,
                password=PASSWORD,
                site="BJ01",
                role=role,
                language="en",
                actor=ACTOR,
            )
        yield trial


async def come_in(desk: Window, login: str) -> None:
    """Sign in."""
    await desk.go("/desk/sign-in")
    await desk.page.fill("#login", login)
    await desk.page.fill("#password", PASSWORD)
    await desk.press("form button.main")


async def test_a_text_that_comes_is_shown_and_what_is_being_typed_stays(
    asked: Trial, window: OpenWindow
) -> None:
    async with window(asked.context.public_url) as desk:
        page = desk.page
        async with page.expect_response("**/desk/events"):
            await come_in(desk, "anna")
        await expect(page.locator("#texts")).to_have_count(0)
        await asked.says("K-001", "please ring me about the appointment")
        await expect(page.locator("#texts .work > li")).to_contain_text("about the appointment")
        await expect(page.locator("#live-said")).to_contain_text("A new text.")
        # The browser is elsewhere: the time is the site's, as the others of the page are.
        told = (await page.locator("#live-said").inner_text()).partition(" · ")[0]
        there = [datetime.now(zone("Asia/Shanghai")) - timedelta(minutes=ago) for ago in (0, 1)]
        assert told.replace("\u202f", " ") in {f"{at:%I:%M %p}".lstrip("0") for at in there}
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


async def test_what_is_missing_is_read_in_both_languages(asked: Trial, window: OpenWindow) -> None:
    await asked.move(await asked.fetchval("SELECT min(closes_at) FROM pro.visits") + DAY)
    await rounds.closing_round(asked.pools.worker, asked.context)
    async with window(asked.context.public_url) as desk:
        await come_in(desk, "iris")
        for language in ("en", "zh_CN"):
            await desk.go("/desk/missing")
            if language != "en":
                await desk.press(f"button[name=language][value={language}]")
            await expect(desk.page.locator("#reasons tbody tr")).not_to_have_count(0)
            await desk.look_over(f"desk-missing-{language}", "staff")
            await desk.go("/desk/missing/deviations")
            await desk.look_over(f"desk-deviations-{language}", "staff")
