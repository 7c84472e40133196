"""What is agreed to, a restriction and an erasure, as they are looked at and done: any width."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from pro_service.domain.study.facts import Status
from pro_service.services.study.staff import make_staff
from pro_service.services.visits import restrict
from tests.browser.conftest import OpenWindow
from tests.browser.window import Window
from tests.support.desk import PASSWORD
from tests.support.study import ACTOR, Trial, row

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]

CODES = {"en": "A-091", "zh_CN": "A-092"}
SAID = {
    "en": ("agreed", "You have asked that A-091 be erased.", "What goes"),
    "zh_CN": ("同意", "您已提出删除 A-092。", "将消失的内容"),
}


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def agreed(trial: Trial) -> AsyncIterator[Trial]:
    """Somebody for each language, and an investigator who reads it."""
    await trial.enrol(*(row(code) for code in CODES.values()))
    for language, code in CODES.items():
        await make_staff(
            trial.operator,
            trial.study_id,
            login=f"consent-{language.lower()}",
            password=PASSWORD,
            site="BJ01",
            role="investigator",
            language="zh_CN" if language == "zh_CN" else "en",
            actor=ACTOR,
        )
        assert code in trial.participants
    yield trial


async def sign_in(desk: Window, login: str) -> None:
    """Sign in through the page."""
    await desk.go("/desk/sign-in")
    await desk.page.fill("#login", login)
    await desk.page.fill("#password", PASSWORD)
    await desk.press("form button.main")


@pytest.mark.parametrize("language", list(CODES))
async def test_a_consent_is_given_and_somebody_restricted_is_asked_to_be_erased(
    agreed: Trial, window: OpenWindow, language: str
) -> None:
    code = CODES[language]
    theirs = f"/desk/participants/{code}"
    async with window(agreed.context.public_url) as desk:
        page = desk.page
        await sign_in(desk, f"consent-{language.lower()}")
        await desk.go(f"{theirs}/consent-part")
        await desk.look_over(f"desk-consent-part-{language}", "staff")
        await page.check('input[name="what"][value="cross_border_given"]')
        await page.fill("#f-on", "2026-01-05")
        await page.fill("#f-reason", "she signed it")
        await desk.press("main form button.main")
        while await page.locator("button[value=do]").count():
            await desk.press("button[value=do]")
        await desk.look_over(f"desk-consents-{language}", "staff")
        assert SAID[language][0] in await page.inner_text("#consent")

        await agreed.status(code, Status.withdrew_follow_up)
        await restrict(agreed.who(code), actor=ACTOR, reason="at her wish")
        await desk.go(theirs)
        await desk.look_over(f"desk-restricted-{language}", "staff")
        await desk.press(f'a[href="{theirs}/erasure"]')
        assert await page.inner_text("#goes h2") == SAID[language][2]
        await desk.look_over(f"desk-erasure-{language}", "staff")
        await page.check('input[value="decision"]')
        await page.fill("#reason", "as decided")
        await page.fill("#name", "Dr Ines Berg")
        await page.fill("#password", PASSWORD)
        await desk.press("#sign button")
        assert (await page.inner_text(".said")).startswith(SAID[language][1])
        await desk.look_over(f"desk-erasure-asked-{language}", "staff")
        assert desk.faults == []
