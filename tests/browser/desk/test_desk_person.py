"""What staff do at one participant, in both languages: a pause without scripts, answers typed in.

Answers are typed with the keyboard alone where scripts run; each page of an entry is looked over.
Somebody is enrolled by the form, and their injection slips. A paper is typed twice, and settled.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest
import pytest_asyncio

from pro_service.domain.study.facts import Status
from pro_service.services.study.staff import make_staff
from tests.browser.conftest import OpenWindow
from tests.browser.window import DESKTOP, Window
from tests.integration.desk.entering.test_second import PAGE, add_staff, type_first, typed_twice
from tests.support.databases import clone
from tests.support.desk import PASSWORD
from tests.support.desk import sign_in as sign_in_without_pages
from tests.support.study import ACTOR, Trial, open_trial, row
from tests.support.web import browsing

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]

SAID = {
    "en": ("Pause P-en", "Texts go out again from", "Safety follow-up goes on"),
    "zh_CN": ("暂停 P-zh_CN", "起恢复发送短信", "安全性随访继续进行"),
}
RECORDED = {
    "en": ("is enrolled", "is recorded, and the visits follow it", "Please fill this in"),
    "zh_CN": ("已入组", "的事件已记录", "请填写"),
}
CHOSEN = ("site", "language", "channel", "messaging_consent", "treated_knees")

TYPED = {
    "en": ("Enter answers", "10 of 24 are kept", "The answers of K-en are sent in."),
    "zh_CN": ("录入回答", "已保存 10 项，共 24 项", "K-zh_CN 的回答已提交。"),
}


@pytest.fixture(scope="module")
def own_database(server_url: str, template_database: str) -> Iterator[str]:
    """A migrated database of these tests alone."""
    with clone(server_url, template_database) as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def injected(own_database: str) -> AsyncIterator[Trial]:
    """A participant a language, injected a moment ago, and staff who speak it."""
    async with open_trial(own_database) as trial:
        for one in SAID:
            await trial.enrol(row(f"P-{one}", channel="link"))
            await trial.happened(f"P-{one}", statuses=[Status.active])
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
async def test_a_pause_is_looked_at_made_and_ended_without_scripts(
    injected: Trial, window: OpenWindow, language: str
) -> None:
    title, done, safety = SAID[language]
    base = injected.context.public_url
    async with window(base, java_script_enabled=False) as desk:
        page = desk.page
        await desk.go("/desk/sign-in")
        await page.fill("#login", f"anna-{language.lower()}")
        await page.fill("#password", PASSWORD)
        await desk.press("form button.main")
        await desk.go(f"/desk/participants/P-{language}")
        await page.locator("#pause summary").click()
        until = (await injected.now() + timedelta(days=20)).date()
        await page.fill("#pause-until", until.isoformat())
        await page.fill("#pause-reason", "Away with her daughter, asked for a rest")
        await look(desk, f"desk-pause-form-{language}")
        await desk.press("#pause button.main")
        assert title in await page.inner_text("h1")
        assert safety in await page.inner_text("#safety")
        assert await page.locator("#changes tbody tr").count() >= 1
        await look(desk, f"desk-pause-preview-{language}")
        await desk.press("#confirm button.main")
        assert "?done=paused" in page.url
        assert done in await page.get_by_role("status").inner_text()
        await look(desk, f"desk-pause-done-{language}")
        await page.locator("#resume summary").click()
        await page.fill("#resume-reason", "Back earlier")
        await desk.press("#resume button.main")
        await look(desk, f"desk-resume-preview-{language}")
        await desk.press("#confirm button.main")
        assert await page.locator("#resume").count() == 0
        assert desk.faults == []


@pytest.mark.parametrize("language", list(SAID))
async def test_an_investigator_ends_a_safety_follow_up_without_scripts(
    injected: Trial, window: OpenWindow, language: str
) -> None:
    login, base = f"li-{language.lower()}", injected.context.public_url
    await make_staff(
        injected.operator,
        injected.study_id,
        login=login,
        password=PASSWORD,
        site="BJ01",
        role="investigator",
        language="zh_CN" if language == "zh_CN" else "en",
        actor=ACTOR,
    )
    async with window(base, java_script_enabled=False) as desk:
        page = desk.page
        await desk.go("/desk/sign-in")
        await page.fill("#login", login)
        await page.fill("#password", PASSWORD)
        await desk.press("form button.main")
        await desk.go(f"/desk/participants/P-{language}")
        await page.locator("#safety summary").click()
        await page.fill("#safety-reason", "In the ward, seen every day")
        await look(desk, f"desk-safety-end-{language}")
        await desk.press("#safety button.main")
        assert await page.locator("#safety").count() == 0
        assert await injected.count("safety_ends", f"actor = 'staff:{login}'") == 1


async def sign_in(desk: Window, language: str) -> None:
    await desk.go("/desk/sign-in")
    await desk.page.fill("#login", f"anna-{language.lower()}")
    await desk.page.fill("#password", PASSWORD)
    await desk.press("form button.main")


async def womac(trial: Trial, code: str) -> str:
    return str(await trial.assessment(code, "baseline", "womac-nrs-3.1"))


async def test_a_questionnaire_is_typed_in_with_the_keyboard_alone(
    injected: Trial, window: OpenWindow
) -> None:
    await injected.enrol(row("K-009", channel="link", planned_injection_on="2026-01-12"))
    async with window(injected.context.public_url) as desk:
        page = desk.page
        await page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
        await sign_in(desk, "en")
        await desk.go(f"/desk/participants/K-009/entry?assessment={await womac(injected, 'K-009')}")
        # From the questionnaire on: by telephone, the participant, their language, now.
        await page.focus("#entry-assessment")
        for key in ("Tab", "Space", "Tab", "ArrowDown", "Tab"):
            await page.keyboard.press(key)
        async with page.expect_navigation():
            for _ in range(6):
                await page.keyboard.press("Tab")
            await page.keyboard.press("Enter")
        keys = page.keyboard
        for key in ("3", "+", "0", "-", "ArrowUp", "7", "5"):
            await keys.press(key)
        assert await page.inner_text("[data-count]") == "5 of 24 answered"
        for _ in range(19):
            await keys.press("4")
        async with page.expect_navigation():
            await keys.press("Enter")
        assert "24 of 24 are kept" in await page.inner_text("main")
        assert await page.locator("input:checked").count() == 0
        async with page.expect_navigation():
            await page.focus("#send button")
            await keys.press("Enter")
        assert "are sent in" in await page.get_by_role("status").inner_text()
        assert desk.faults == []
    values = await injected.fetch("SELECT item, value FROM responses ORDER BY id LIMIT 5")
    assert [value for _, value in values] == [3, 10, 0, 7, 5]


@pytest.mark.thorough
@pytest.mark.parametrize("language", list(TYPED))
async def test_every_page_of_an_entry_is_looked_over(
    injected: Trial, window: OpenWindow, language: str
) -> None:
    title, kept, sent = TYPED[language]
    base = injected.context.public_url
    await injected.enrol(row(f"K-{language}", channel="link", language=language))
    async with window(base) as desk:
        page = desk.page
        await sign_in(desk, language)
        await desk.go(f"/desk/participants/K-{language}/entry")
        assert title in await page.inner_text("h1")
        await page.select_option("#entry-assessment", await womac(injected, f"K-{language}"))
        await page.check("input[name=mode][value=telephone]")
        await page.select_option("#entry-respondent", "self")
        await desk.look_over(f"desk-entry-first-{language}", "staff")
        await desk.press("#first button.main")
        await desk.look_over(f"desk-entry-questions-{language}", "staff")
        for place in range(10):
            keys = page.locator("fieldset.row").nth(place).locator(".k")
            await keys.nth(place % 3 + 2).click()
        await desk.press(".ending button.main")
        assert kept in await page.inner_text("main")
        assert await page.locator("input:checked").count() == 0
        await desk.look_over(f"desk-entry-kept-{language}", "staff")
        await desk.press("#send button.main")
        assert sent in await page.get_by_role("status").inner_text()
        await desk.look_over(f"desk-entry-sent-{language}", "staff")
        await desk.go(f"/desk/participants/K-{language}/corrections")
        await page.select_option("#answer", index=1)
        # Who may not read answers cannot say that one was misread.
        assert await page.locator("input[name=kind]").count() == 1
        await page.fill("#value", "3")
        await page.fill("#reason", "read as another line")
        await desk.look_over(f"desk-corrections-{language}", "staff")
        assert desk.faults == []


async def look(desk: Window, name: str) -> None:
    """See that the page scrolls sideways at no width."""
    for width, height in ((390, 844), (1280, 800), (320, 640)):
        await desk.page.set_viewport_size({"width": width, "height": height})
        wide = await desk.page.locator("html").evaluate("one => one.scrollWidth")
        assert wide <= width, (name, width)
    await desk.page.set_viewport_size({"width": 390, "height": 844})


@pytest.mark.thorough
@pytest.mark.parametrize("language", list(SAID))
async def test_somebody_is_enrolled_and_their_injection_slips(
    injected: Trial, window: OpenWindow, language: str
) -> None:
    enrolled, recorded, empty = RECORDED[language]
    code = f"K-{11 if language == 'en' else 12}"
    async with window(injected.context.public_url) as desk:
        page = desk.page
        await desk.go("/desk/sign-in")
        await page.fill("#login", f"anna-{language.lower()}")
        await page.fill("#password", PASSWORD)
        await desk.press("form button.main")
        await desk.go("/desk/enrol")
        await look_closely(desk, f"desk-enrol-{language}")
        await fill(desk, row(code, phone="12"))
        await desk.press("form[action='/desk/enrol'] button.main")
        assert await page.input_value("#f-code") == code
        await look_closely(desk, f"desk-enrol-wrong-{language}")
        await page.fill("#f-phone", row(code)["phone"])
        await desk.press("form[action='/desk/enrol'] button.main")
        assert await page.locator("#dates tbody tr").count() > 5
        await look_closely(desk, f"desk-enrol-preview-{language}")
        await desk.press("button.main")
        assert enrolled in await page.get_by_role("status").inner_text()

        await desk.go(f"/desk/participants/{code}")
        await look_closely(desk, f"desk-person-{language}")
        await desk.press("a[href$='/event']")
        await page.select_option("#f-event", "injection:1")
        await page.select_option("#f-said", "planned")
        slipped = (await injected.now() + timedelta(days=21)).date()
        await page.fill("#f-day", slipped.isoformat())
        await look_closely(desk, f"desk-event-{language}")
        await page.eval_on_selector("#f-reason", "one => one.removeAttribute('required')")
        await desk.press("form button.main")
        assert empty in await page.locator("#problem").inner_text()
        assert await page.input_value("#f-day") == slipped.isoformat()
        await page.fill("#f-reason", "The theatre was full")
        await desk.press("form button.main")
        rows = await page.locator("#changes tbody tr").count()
        await look_closely(desk, f"desk-event-preview-{language}")
        await desk.press("button.main")
        assert recorded in await page.get_by_role("status").inner_text()
        moved = await injected.count(
            "visits",
            f"actor = 'staff:anna-{language.lower()}' AND schedule_revision = 2",
        )
        assert moved == rows > 5
        await desk.press("a[href$='/ask']")
        await look_closely(desk, f"desk-ask-{language}")
        assert desk.faults == []


async def fill(desk: Window, cells: dict[str, str]) -> None:
    """Type a row of the file into the form."""
    for name, value in cells.items():
        if name in CHOSEN:
            await desk.page.select_option(f"#f-{name}", value)
        else:
            await desk.page.fill(f"#f-{name}", value)


async def look_closely(desk: Window, name: str) -> None:
    """The same, and axe in both schemes."""
    await desk.look_over(name, "staff")
    await look(desk, name)


async def _first(trial: Trial) -> str:
    """A paper typed and sent by anna: the address of its second entry."""
    async with browsing(trial.server) as anna:
        await sign_in_without_pages(anna, "anna")
        return await type_first(trial, anna)


@pytest.mark.thorough
async def test_paper_is_printed_typed_twice_and_settled(
    database_url: str, window: OpenWindow
) -> None:
    with typed_twice():
        async with open_trial(database_url) as trial:
            await trial.enrol(row("K-001"))
            await add_staff(trial)
            address = await _first(trial)
            base = trial.context.public_url
            for language, login in (("en", "carl"), ("zh_CN", "ines")):
                async with window(base) as desk:
                    page = desk.page
                    await desk.go("/desk/sign-in")
                    await page.fill("#login", login)
                    await page.fill("#password", PASSWORD)
                    await desk.press("form button.main")
                    if language == "zh_CN":
                        await page.locator('form[action="/desk/language"] button').first.click()
                    await desk.look_over(f"desk-paper-today-{language}", "staff")
                    await desk.go(f"{PAGE.removesuffix('/second')}/blank?language={language}")
                    await desk.look_over(f"desk-blank-{language}", "staff")
                    if login == "carl":
                        await desk.go(address)
                        await desk.look_over("desk-second-form", "staff")
                        await page.keyboard.press("7")
                        await desk.press("#entry button.main")
                        assert "waits to be settled" in await page.inner_text("main")
                    else:
                        await desk.go(PAGE)
                        await desk.look_over("desk-second-waiting", "staff")
                        await page.fill('input[name="value"]', "7")
                        await page.fill('textarea[name="reason"]', "在 3 号文件夹查看了原件")
                        await desk.press("form.stack button.main")
                        assert "已核定" in await page.inner_text("main")
                    await desk.go(PAGE)
                    await desk.look_over(f"desk-second-{language}", "staff")
                    assert desk.faults == []
