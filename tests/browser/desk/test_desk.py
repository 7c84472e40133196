"""Staff at the desk: they sign in, see the grid change, work calls and alerts, and leave."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from pro_service.domain.study.facts import Status
from pro_service.services.study.staff import make_staff
from pro_service.store.ids import new_id
from tests.browser.answering import MAIN, answer_everything, link_in
from tests.browser.conftest import OpenWindow
from tests.browser.desk.keyboard import Keyboard, stops_of
from tests.browser.window import Window
from tests.support.databases import clone
from tests.support.desk import PASSWORD
from tests.support.study import ACTOR, Trial, open_trial, phone, row

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


async def sign_in(desk: Window, login: str = LOGIN, password: str = PASSWORD) -> None:
    await desk.go("/desk/sign-in")
    await desk.page.fill("#login", login)
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
        await sign_in(desk, password="not the password")
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


@pytest.fixture(scope="module")
def calling_database(server_url: str, template_database: str) -> Iterator[str]:
    """A migrated database of these tests alone."""
    with clone(server_url, template_database) as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def calling(calling_database: str) -> AsyncIterator[Trial]:
    """A participant a language with a call to make and an urgent alert; staff who speak both."""
    async with open_trial(calling_database) as trial:
        await trial.enrol(row("C-1"), row("C-2", language="zh_CN", phone=phone(2)))
        await trial.ask()
        for code in ("C-1", "C-2"):
            await trial.status(code, Status.active)
        await trial.owner_does(
            "INSERT INTO pro.call_tasks (study_id, id, participant_id, visit_id, reason,"
            " created_at, closes_at, actor) SELECT DISTINCT ON (v.participant_id) v.study_id,"
            " gen_random_uuid(), v.participant_id, v.id, 'nudges_unanswered', pro.now(),"
            " pro.now() + interval '10 days', 'test' FROM pro.visits AS v"
            " JOIN pro.assessments AS a ON a.visit_id = v.id WHERE v.opens_at <= pro.now()"
            " AND v.superseded_at IS NULL AND NOT v.provisional"
            " ORDER BY v.participant_id, v.opens_at, v.id"
        )
        await trial.owner_does(
            "INSERT INTO pro.alerts (study_id, id, participant_id, rule, severity, raised_at,"
            " actor) SELECT study_id, $1, id, 'hospital_reported', 'urgent', pro.now(), 'test'"
            " FROM pro.participants WHERE code = 'C-1'",
            new_id(),
        )
        for language in ("en", "zh_CN"):
            for login, role in (("anna", "coordinator"), ("ivo", "investigator")):
                await make_staff(
                    trial.operator,
                    trial.study_id,
                    login=f"{login}-{language.lower()}",
                    password=PASSWORD,
                    site="BJ01",
                    role=role,
                    language="zh_CN" if language == "zh_CN" else "en",
                    actor=ACTOR,
                )
        yield trial


async def test_a_call_is_worked_to_its_end_with_the_keyboard_alone(
    calling: Trial, window: OpenWindow
) -> None:
    async with window(calling.context.public_url) as desk:
        page, hands = desk.page, Keyboard(desk)
        await sign_in(desk, "anna-en")
        await hands.press("Make the call C-1")
        await desk.look_over("desk-call", "staff")
        await hands.press("Show the number")
        assert "It is recorded" in await hands.told()
        assert phone(1) in await page.inner_text(".contacts")
        assert phone(1) not in page.url
        await desk.look_over("desk-call-number", "staff")
        await hands.pick("Answer now, on the telephone", "Nobody there")
        assert await page.locator("#again").is_visible()
        assert not await page.locator("#day-rest").is_visible()
        await hands.write("In your words", "rang twice, nobody there")
        await desk.look_over("desk-call-outcome", "staff")
        await hands.press("Save what came of it")
        assert "The call comes back on" in await hands.told()
        assert "/desk?" in page.url
        assert desk.faults == []
    assert await calling.count("call_tasks", "wanted_from IS NOT NULL") == 1
    assert await calling.count("number_showings") == 1


@pytest.mark.thorough
async def test_an_alert_is_assessed_and_closed_and_looks_right_in_both_languages(
    calling: Trial, window: OpenWindow
) -> None:
    async with window(calling.context.public_url, java_script_enabled=False) as desk:
        page = desk.page
        await sign_in(desk, "ivo-en")
        await page.locator("#alerts .act summary").first.click()
        await page.locator("#alerts input[value='sae']").check()
        await page.locator("#alerts input[name='reference']").fill("SAE-003")
        await page.locator("#alerts textarea[name='told']").fill("to stay in the ward")
        await desk.press("#alerts .act[open] button.main")
        assert "SAE-003 in the log" in await page.inner_text("#alerts")
        await page.locator("#alerts .act summary").last.click()
        await page.locator("#alerts textarea[name='action']").fill("discharged, well")
        await desk.press("#alerts .act[open] button.main")
        assert await page.locator("#alerts .card").count() == 0
    assert await calling.count("alerts", "acted_at IS NOT NULL") == 1
    async with window(calling.context.public_url) as desk:
        await sign_in(desk, "anna-zh_cn")
        for path, name in (
            ("/desk", "desk-calls"),
            ("/desk/calls/print", "desk-calls-print"),
            ("/desk/week/print", "desk-week-print"),
        ):
            await desk.go(path)
            await desk.look_over(f"{name}-zh_CN", "staff")
        await desk.go("/desk")
        await desk.press("a[href^='/desk/calls/']:not([href$='print'])")
        await desk.look_over("desk-call-zh_CN", "staff")
        assert desk.faults == []


@pytest.mark.thorough
@pytest.mark.parametrize("login", ["anna-en", "ivo-en"])
async def test_a_days_rooms_are_walked_by_keyboard_every_stop_seen_and_none_a_trap(
    calling: Trial, window: OpenWindow, login: str
) -> None:
    async with window(calling.context.public_url) as desk:
        page, faults = desk.page, []
        await sign_in(desk, login)
        rooms = [
            await one.get_attribute("href") for one in await page.locator(".rooms li > a").all()
        ]
        theirs = [f"/desk/participants/C-2{end}" for end in ("", "/entry", "/note", "/event")]
        for path in (*rooms, *theirs, "/desk/calls/print", "/desk/me"):
            await desk.go(str(path))
            faults += await stops_of(page)
        assert not faults, "\n".join(faults)
        assert desk.faults == []
