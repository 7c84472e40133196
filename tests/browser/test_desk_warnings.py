"""Texts that warn at the desk: the alert in words, the text first, in both languages (R8)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from pro_service.services.study.staff import make_staff
from tests.browser.conftest import OpenWindow
from tests.support.databases import clone
from tests.support.desk import PASSWORD
from tests.support.study import ACTOR, SENDER, Trial, open_trial, phone, row

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]

SAID = {
    "en": ("Read at once", "A swollen or painful calf", "several people use"),
    "zh_CN": ("请立即阅读", "小腿肿胀或疼痛", "不知道是谁写的"),
}


@pytest.fixture(scope="module")
def own_database(server_url: str, template_database: str) -> Iterator[str]:
    """A migrated database of these tests alone."""
    with clone(server_url, template_database) as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def warned(own_database: str) -> AsyncIterator[Trial]:
    """An ordinary text, then warnings: of one, from a shared telephone, from an unknown number."""
    async with open_trial(own_database) as trial:
        shared = {"phone": phone(7)}
        await trial.enrol(row("K-001"), row("K-007", **shared), row("K-008", **shared))
        await trial.ask()
        await trial.says("K-001", "please ring me about the appointment")
        await trial.says("K-001", "7, and my calf is swollen")
        await trial.says("K-007", "膝盖又红又肿")
        await trial.provider.phone_sends(phone(77), SENDER, "my husband has a fever")
        for language in SAID:
            await make_staff(
                trial.operator,
                trial.study_id,
                login=f"anna-{language.lower()}",
                password=PASSWORD,
                site="BJ01",
                role="coordinator",
                language="zh_CN" if language == "zh_CN" else "en",
                actor=ACTOR,
            )
        yield trial


@pytest.mark.parametrize("language", list(SAID))
async def test_what_warns_stands_first_and_says_what_it_is(
    warned: Trial, window: OpenWindow, language: str
) -> None:
    urgent, calf, unknown = SAID[language]
    async with window(warned.context.public_url) as desk:
        await desk.go("/desk/sign-in")
        await desk.page.fill("#login", f"anna-{language.lower()}")
        await desk.page.fill("#password", PASSWORD)
        await desk.press("form button.main")
        alerts = await desk.page.locator("#alerts .work > li").all_inner_texts()
        assert any(calf in text and "K-001" in text for text in alerts)
        shared = [text for text in alerts if unknown in text]
        assert {code for text in shared for code in ("K-007", "K-008") if code in text} == {
            "K-007",
            "K-008",
        }
        texts = await desk.page.locator("#texts .work > li").all_inner_texts()
        assert [urgent in text for text in texts] == [True, True, True, False]
        await desk.look_over(f"desk-warnings-{language}", "staff")
        await desk.go("/desk/participants/K-007")
        open_tasks = await desk.page.locator("#open").inner_text()
        assert unknown in open_tasks
        await desk.look_over(f"desk-warned-{language}", "staff")
        assert desk.faults == []
