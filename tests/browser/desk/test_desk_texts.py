"""Texts at the desk, in both languages: what warns comes first (R8), what is read is answered."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from pro_service.services.study.staff import make_staff
from tests.browser.conftest import OpenWindow
from tests.browser.window import DESKTOP, PHONE
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


ANSWERED = {
    "en": ("could my sister bring me on tuesday", "Your reply to T-en goes out", "Reply by anna"),
    "zh_CN": ("星期二可以让我妹妹送我来吗", "给 T-zh_CN 的回复即将发出", "anna-zh_cn 的回复"),
}


@pytest.fixture(scope="module")
def other_database(server_url: str, template_database: str) -> Iterator[str]:
    """Another one, of the test of a reply."""
    with clone(server_url, template_database) as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def told(other_database: str) -> AsyncIterator[Trial]:
    """A participant a language who was asked, answered once and wrote, and staff who speak it."""
    async with open_trial(other_database) as trial:
        for number, one in enumerate(ANSWERED):
            await trial.enrol(row(f"T-{one}", phone=f"+1202555014{number}", language=one))
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
        await trial.ask()
        for one, (words, _, _) in ANSWERED.items():
            await trial.says(f"T-{one}", "4")
            await trial.says(f"T-{one}", words)
        yield trial


@pytest.mark.parametrize("language", list(ANSWERED))
async def test_a_text_is_read_answered_and_seen_in_the_conversation(
    told: Trial, window: OpenWindow, language: str
) -> None:
    words, done, by = ANSWERED[language]
    async with window(told.context.public_url) as desk:
        page = desk.page
        await page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
        await desk.go("/desk/sign-in")
        await page.fill("#login", f"anna-{language.lower()}")
        await page.fill("#password", PASSWORD)
        await desk.press("form button.main")
        await desk.go("/desk/texts")
        card = page.locator("#texts li", has_text=words)
        async with page.expect_navigation():
            await card.locator("a[href^='/desk/texts/']").click()
        for summary in await page.locator("summary").all():
            await summary.click()
        await desk.look_over(f"{language}-desk-text-1-read", "staff")
        await page.locator("#reply input[value='thanks']").check()
        await page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        await desk.press("#reply button.main")
        await desk.look_over(f"{language}-desk-text-2-preview", "staff")
        await desk.press("#reply button.main")
        assert done in await page.get_by_role("status").inner_text()
        await told.retry_now()
        await page.goto(page.url.partition("?")[0])
        thread = page.locator(".thread")
        assert words in await thread.inner_text()
        assert by in await thread.locator(".ours").last.inner_text()
        await desk.look_over(f"{language}-desk-text-3-answered", "staff")
        await desk.go(f"/desk/participants/T-{language}#conversation")
        assert words in await page.locator("#conversation").inner_text()
        await desk.look_over(f"{language}-desk-text-4-participant", "staff")
        assert not desk.faults, "\n".join(desk.faults)
