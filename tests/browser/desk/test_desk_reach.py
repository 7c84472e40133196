"""Who cannot be reached, the form that closes a call, the rota: both languages, any width."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from pro_service.domain.delivery.addresses import phone as phone_address
from pro_service.domain.delivery.contacts import Agreed
from pro_service.domain.study.facts import Status
from pro_service.services.study.staff import make_staff
from pro_service.services.texting import contacts
from tests.browser.conftest import OpenWindow
from tests.browser.window import Window
from tests.support.desk import PASSWORD
from tests.support.study import ACTOR, STARTED_AT, Trial, phone, row

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]

ROTA = "/desk/rota/BJ01"


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def unreached(trial: Trial) -> AsyncIterator[Trial]:
    """Somebody whose number was somebody else's, with a spouse to be confirmed, and staff."""
    await trial.enrol(row("R-071"))
    await trial.status("R-071", Status.active)
    await trial.says("R-071", "wrong number")
    agreed = Agreed(may_be_texted=True, may_be_told=True, agreed_on=STARTED_AT.date())
    for number, relation in ((171, "spouse"), (172, "child")):
        await contacts.add_contact(
            trial.who("R-071"),
            contacts.Newcomer(
                phone_address(phone(number)),
                "spouse" if relation == "spouse" else "child",
                agreed,
                participant_agreed_on=STARTED_AT.date(),
            ),
            ACTOR,
            "agreed on the telephone",
        )
    for language in ("en", "zh_CN"):
        await make_staff(
            trial.operator,
            trial.study_id,
            login=f"reach-{language.lower()}",
            password=PASSWORD,
            site="BJ01",
            role="coordinator",
            language="zh_CN" if language == "zh_CN" else "en",
            actor=ACTOR,
        )
    yield trial


async def calls_on(desk: Window, code: str) -> list[str]:
    """The pages of both calls that a participant's page leads to."""
    await desk.go(f"/desk/participants/{code}")
    links = await desk.page.locator("#open a[href^='/desk/calls/']").all()
    found = [await one.get_attribute("href") or "" for one in links]
    assert len(set(found)) == 2
    return found


@pytest.mark.parametrize(
    ("language", "title", "rung"),
    [
        ("en", "Cannot be reached", "Whose telephone was rung"),
        ("zh_CN", "无法联系到的参与者", "拨打的是谁的电话"),
    ],
)
async def test_the_list_and_the_form_read_well_without_scripts(
    unreached: Trial, window: OpenWindow, language: str, title: str, rung: str
) -> None:
    async with window(unreached.context.public_url, java_script_enabled=False) as desk:
        page = desk.page
        await desk.go("/desk/sign-in")
        await page.fill("#login", f"reach-{language.lower()}")
        await page.fill("#password", PASSWORD)
        await desk.press("form button.main")
        assert title in await page.inner_text("#unreached h3")
        assert "R-071" in await page.inner_text("#unreached .work")
        await desk.go("/desk/participants/R-071")
        for address in await calls_on(desk, "R-071"):
            await desk.go(address)
            assert rung in await page.inner_text("main")
            assert await page.locator("select[name=contact]").count() == 1
        assert desk.faults == []
    async with window(unreached.context.public_url) as desk:
        page = desk.page
        await desk.go("/desk/sign-in")
        await page.fill("#login", f"reach-{language.lower()}")
        await page.fill("#password", PASSWORD)
        await desk.press("form button.main")
        await desk.look_over(f"desk-unreached-{language}", "staff")
        await desk.go((await calls_on(desk, "R-071"))[0])
        await desk.look_over(f"desk-call-form-{language}", "staff")
        assert desk.faults == []


@pytest.mark.parametrize(
    ("language", "said", "gaps"),
    [
        ("en", "The shift is in the rota of BJ01.", "Nobody is on duty"),
        ("zh_CN", "班次已加入 BJ01 的值班表。", "无人值班的时段"),
    ],
)
async def test_a_shift_is_added_and_the_room_reads_well(
    unreached: Trial, window: OpenWindow, language: str, said: str, gaps: str
) -> None:
    login = f"reach-{language.lower()}"
    async with window(unreached.context.public_url) as desk:
        page = desk.page
        await desk.go("/desk/sign-in")
        await page.fill("#login", login)
        await page.fill("#password", PASSWORD)
        await desk.press("form button.main")
        await desk.go(f"{ROTA}/shift")
        await desk.look_over(f"desk-rota-form-{language}", "staff")
        for day in ("mon", "tue", "wed", "thu", "fri"):
            await page.check(f"input[value={day}]")
        await page.fill("#f-begins", "20:00")
        await page.fill("#f-ends", "08:00")
        await page.select_option("#f-person", label=login)
        await desk.press("main form button.main")
        assert await page.inner_text(".said") == said
        await desk.go(f"{ROTA}/leave")
        await page.select_option("#f-person", label=login)
        await page.fill("#f-first_on", "2030-01-01")
        await desk.press("main form button.main")
        assert gaps in await page.inner_text("#gaps")
        await desk.look_over(f"desk-rota-{language}", "staff")
        await desk.go("/desk")
        assert await page.locator('#gaps a[href="/desk/rota/BJ01"]').count() == 1
        await desk.look_over(f"desk-today-rota-{language}", "staff")
        assert desk.faults == []
