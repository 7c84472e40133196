"""Every page, in both languages: nothing axe finds, nothing inline, nothing from another host.

With PRO_SCREENSHOTS=1 each page is also drawn into the folder `screenshots`, at two widths.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestServer

from pro_service.store.pools import Pools, connect, open_pools
from tests.browser.answering import MAIN, QUESTION, begin, choose, fill
from tests.browser.conftest import OpenWindow
from tests.browser.window import Window
from tests.integration.sittings import Sitter
from tests.support.databases import clone
from tests.support.desk import (
    PASSWORD,
    seed_alert,
    seed_call,
    seed_line,
    seed_message,
    seed_opt_out,
    seed_site,
    seed_staff,
    seed_text,
)
from tests.support.seed import (
    SeededParticipant,
    SeededStudy,
    make_context,
    seed_link,
    seed_participant,
    seed_study,
    seed_visit,
)
from tests.support.web import answer_everything, browsing, open_questions, send, serving

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]

EVERY_KIND: Final = (
    ("safety", "person"),
    ("womac-nrs-3.1", "left_knee"),
    ("womac-lk-3.1", "left_knee"),
    ("pain-vas", "left_knee"),
)
PAIN: Final = (("pain-nrs", "left_knee"),)
LANGUAGES: Final = ("en", "zh_CN")
LOCALES: Final = {"en": "en-GB", "zh_CN": "zh-CN"}

THEIRS: Final = "/desk/participants/A-001"
ROOMS: Final = {
    "doctor": (
        f"{THEIRS}/corrections",
        f"{THEIRS}/signing",
        f"{THEIRS}/consent",
        f"{THEIRS}/restriction",
        f"{THEIRS}/event",
        f"{THEIRS}/status",
        f"{THEIRS}/measures",
        "/desk/record",
        "/desk/locks",
        "/desk/rota",
        "/desk/me/factor",
    ),
    "keeper": ("/desk/staff", "/desk/staff/invite", "/desk/sites/S1", "/desk/me"),
}
"""Rooms as they stand when somebody comes in; what is done there, `.ci/thorough` does."""


@dataclass
class House:
    """A served study with everything its pages can show."""

    base: str
    study: SeededStudy
    links: dict[str, str]
    """Addresses by what they are for."""


@pytest.fixture(scope="module")
def house_database(server_url: str, template_database: str) -> Iterator[str]:
    """A database of its own."""
    with clone(server_url, template_database) as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def house(house_database: str) -> AsyncIterator[House]:
    """The web side with every state its pages can show."""
    context = make_context()
    owner = await connect(house_database, role="pro_owner", actor="test:owner")
    try:
        study = await seed_study(owner, context)
        await seed_site(study, "S2")
        links: dict[str, str] = {}
        for number, language in enumerate(LANGUAGES):
            links |= await seed_links(study, language, number)
            await seed_staff(study, f"coordinator-{language}", language=language)
            await seed_staff(study, f"doctor-{language}", role="investigator", language=language)
            await seed_staff(study, f"empty-{language}", site="S2", language=language)
            await seed_staff(study, f"keeper-{language}", role="administrator", language=language)
        await seed_desk(study)
        pools = await open_pools(house_database)
        await seed_work(study, pools)
        async with pools, serving(pools, context) as server:
            base = str(server.make_url("/")).rstrip("/")
            context.public_url = base
            await send_answers(study, server)
            yield House(base, study, {name: f"/q/{one}" for name, one in links.items()})
    finally:
        await owner.close()


async def seed_links(study: SeededStudy, language: str, number: int) -> dict[str, str]:
    """Links to every kind of question, to two visits, and to one to be declined."""
    letter = "ABCDEF"[number]
    whole = await seed_participant(
        study, code=f"Q-{language}", personal_code=f"{letter}234567", language=language
    )
    # An extra visit may ask anything by link.
    await seed_visit(whole, "unscheduled", asks=EVERY_KIND)
    await seed_visit(whole, "week_2", asks=PAIN, opens=timedelta(days=9), closes=timedelta(days=15))
    other = await seed_participant(
        study, code=f"D-{language}", personal_code=f"{letter}234568", language=language
    )
    await seed_visit(other, asks=(*PAIN, ("pga", "person")))
    return {
        f"every-{language}": await seed_link(whole, "unscheduled"),
        f"other-{language}": await seed_link(other),
    }


async def seed_desk(study: SeededStudy) -> None:
    """One of each thing the desk shows, and a participant with a very long code."""
    busy = await seed_participant(
        study, code="P-001", personal_code="G234567", injected_days_ago=20
    )
    await seed_visit(busy)
    line = await seed_line(busy)
    await seed_text(busy, line, "my knee is swollen")
    await seed_text(busy, line, "four or so", disposition="unknown")
    await seed_opt_out(busy, line)
    await seed_message(busy, line, "unconfirmed")
    await seed_call(busy)
    await seed_alert(busy, busy.assessments["baseline", "pain-nrs", "left_knee"])
    began, ended = timedelta(days=-20), timedelta(days=-10)
    await seed_visit(busy, "week_2", asks=PAIN, opens=began, closes=ended)
    await seed_visit(busy, "unscheduled", asks=(("pga", "person"),), closes=None)
    long: SeededParticipant = await seed_participant(
        study, code="SCREENING-0123456789-REPEATED-01", personal_code="H234567"
    )
    await seed_visit(long)


async def seed_work(study: SeededStudy, pools: Pools) -> None:
    """Answers not sent, answers in part, somebody who comes to the clinic, a session before."""
    for number, part in enumerate((False, True)):
        begun = await seed_participant(
            study, code=f"B-00{number}", personal_code=f"L23456{number + 2}"
        )
        await seed_visit(begun, asks=(("womac-nrs-3.1", "left_knee"),))
        sitter = Sitter(begun, pools)
        await sitter.answer(dict.fromkeys(sitter.items[: 3 if part else None], 2))
    comes = await seed_participant(study, code="C-001", personal_code="M234567")
    soon = timedelta(days=3)
    await seed_visit(comes, "month_6", asks=PAIN, opens=soon, closes=10 * soon)
    await study.owner.execute(
        "INSERT INTO pro.staff_sessions (id_sha256, person_id, study_id, staff_id, started_at,"
        " last_seen_at, seen_study_at, ended_at, end_reason)"
        " SELECT sha256(s.login::bytea), s.person_id, s.study_id, s.id, d.ago, d.ago, d.ago, d.ago,"
        " 'signed_out'"
        " FROM pro.staff AS s, (SELECT clock_timestamp() - interval '1 day' AS ago) AS d"
    )


async def send_answers(study: SeededStudy, server: TestServer) -> None:
    """A participant whose answers are in."""
    done = await seed_participant(study, code="A-001", personal_code="K234567")
    await seed_visit(done)
    async with browsing(server) as browser:
        review = await answer_everything(
            browser, await open_questions(browser, await seed_link(done))
        )
        async with await send(browser, review) as response:
            assert response.url.path == "/q/thanks"


async def kind_of_screen(window: Window) -> str:
    """What the questions on this screen are answered with."""
    for kind in ("number", "key", "choice"):
        selector = {"number": "input.number", "key": ".keys", "choice": ".choice"}[kind]
        if await window.page.locator(selector).count():
            apart = kind == "key" and await window.page.locator(".choice").count()
            return "key-or-not-applicable" if apart else kind
    raise AssertionError(window.page.url)


async def answer_with_every_mishap(phone: Window, language: str) -> None:
    """Go through all screens; look at the first of each kind, and at what can go wrong there."""
    seen: set[str] = set()
    while "/q/s/" in phone.page.url:
        kind = await kind_of_screen(phone)
        fresh = kind not in seen
        seen.add(kind)
        if fresh:
            await phone.look_over(f"{language}-2-{kind}", "participants")
        if fresh and kind == "choice":
            await fill(phone)
            await choose(phone.page.locator(QUESTION).first, 1)
            await phone.press_on(MAIN)
            assert phone.page.url.endswith("/q/now")
            await phone.look_over(f"{language}-3-telephone", "participants")
            await phone.press_on("main a.second")
        elif fresh and kind == "key":
            await fill(phone, but=1)
            await phone.press_on(MAIN)
            assert await phone.page.locator("button[name=leave]").count() == 1
            await phone.look_over(f"{language}-3-still-open", "participants")
            await phone.press_on("button[name=leave]")
        elif fresh and kind == "number":
            await phone.page.fill("input.number", "quite a lot")
            await phone.press_on(MAIN)
            await phone.look_over(f"{language}-3-unreadable", "participants")
            await fill(phone, 30)
            await phone.look_over(f"{language}-2-number-answered", "participants")
            await phone.press_on(MAIN)
        else:
            await fill(phone)
            await phone.press_on(MAIN)
    assert seen == {"choice", "key", "key-or-not-applicable", "number"}


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_page_for_participants_is_accessible_and_asks_nobody_else(
    house: House, window: OpenWindow, language: str
) -> None:
    async with window(house.base, locale=LOCALES[language]) as phone:
        await phone.go("/q/aaaaaaaaaaaaaaaaaaaaaaaaaa")
        await phone.look_over(f"{language}-9-neutral", "participants")
        await phone.go(house.links[f"every-{language}"])
        await phone.look_over(f"{language}-1-welcome", "participants")
        await phone.press(MAIN)
        assert phone.page.url.endswith("/q/who")
        await phone.look_over(f"{language}-1-who", "participants")
        await phone.press_on(MAIN)
        await phone.look_over(f"{language}-1-who-missing", "participants")
        await phone.page.check("input[value='proxy.child']")
        await phone.press_on(MAIN)
        await answer_with_every_mishap(phone, language)
        await phone.look_over(f"{language}-4-review", "participants")
        await phone.go("/q/s/2?other=1")
        await phone.look_over(f"{language}-5-answered-elsewhere", "participants")
        await phone.page.locator("input[name=assessment]").evaluate("one => one.remove()")
        await phone.press_on(MAIN)
        await phone.look_over(f"{language}-8-failure", "participants")
        await phone.go("/q/review")
        await phone.press_on(MAIN)
        assert phone.page.url.endswith("/q/thanks")
        await phone.look_over(f"{language}-6-thanks", "participants")
        assert not phone.faults, "\n".join(phone.faults)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_pages_of_half_answered_and_declined_questions_are_accessible(
    house: House, window: OpenWindow, language: str
) -> None:
    async with window(house.base, locale=LOCALES[language]) as phone:
        await phone.go(house.links[f"other-{language}"])
        await begin(phone)
        await fill(phone)
        await phone.press_on(MAIN)
        await phone.go("/q/review")
        await phone.look_over(f"{language}-4-review-half", "participants")
        await phone.press_on(MAIN)
        await phone.look_over(f"{language}-6-thanks-half", "participants")
        await phone.go("/q/decline")
        await phone.look_over(f"{language}-7-decline", "participants")
        await phone.press_on("form[action='/q/decline'] button")
        await phone.look_over(f"{language}-7-declined", "participants")
        assert not phone.faults, "\n".join(phone.faults)


async def sign_in(desk: Window, login: str) -> None:
    await desk.go("/desk/sign-in")
    await desk.page.fill("#login", login)
    await desk.page.fill("#password", PASSWORD)
    await desk.press("button.main")
    assert not desk.page.url.endswith("/sign-in")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_page_of_the_desk_is_accessible_and_asks_nobody_else(
    house: House, window: OpenWindow, language: str
) -> None:
    async with window(house.base, locale=LOCALES[language]) as desk:
        await desk.go("/desk/sign-in")
        await desk.look_over(f"{language}-desk-1-sign-in", "staff")
        await desk.page.fill("#login", "nobody")
        await desk.page.fill("#password", "not the password")
        await desk.press("button.main")
        await desk.look_over(f"{language}-desk-1-refused", "staff")
        await sign_in(desk, f"empty-{language}")
        await desk.look_over(f"{language}-desk-2-empty", "staff")
        await desk.press("form[action='/desk/sign-out'] button")
        await desk.look_over(f"{language}-desk-1-signed-out", "staff")
        await sign_in(desk, f"coordinator-{language}")
        await desk.look_over(f"{language}-desk-3-now", "staff")
        await desk.page.reload()
        for summary in await desk.page.locator("summary").all():
            await summary.click()
        await desk.look_over(f"{language}-desk-4-forms", "staff")
        await desk.go("/desk/participants")
        await desk.look_over(f"{language}-desk-5-participants", "staff")
        await desk.go("/desk/participants?state=late")
        await desk.look_over(f"{language}-desk-5-nothing-found", "staff")
        await desk.go("/desk/figures")
        await desk.look_over(f"{language}-desk-5-figures", "staff")
        for name in ("week", "since"):
            await desk.go(f"/desk/{name}")
            await desk.look_over(f"{language}-desk-5-{name}", "staff")
        await desk.go("/desk/texts")
        await desk.look_over(f"{language}-desk-5-texts", "staff")
        await desk.go("/desk/participants/P-001")
        await desk.look_over(f"{language}-desk-6-participant", "staff")
        await desk.go("/desk/participants/NOBODY")
        await desk.look_over(f"{language}-desk-8-not-there", "staff")
        assert not desk.faults, "\n".join(desk.faults)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_answers_and_scores_are_accessible_to_those_who_may_read_them(
    house: House, window: OpenWindow, language: str
) -> None:
    async with window(house.base, locale=LOCALES[language]) as desk:
        await sign_in(desk, f"doctor-{language}")
        await desk.go("/desk/participants/A-001")
        assert await desk.page.locator("table.numbers").count() > 0
        for summary in await desk.page.locator("summary").all():
            await summary.click()
        await desk.look_over(f"{language}-desk-7-scores", "staff")
        assert not desk.faults, "\n".join(desk.faults)


@pytest.mark.parametrize("who", list(ROOMS))
@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_room_is_accessible_to_those_who_come_in(
    house: House, window: OpenWindow, language: str, who: str
) -> None:
    async with window(house.base, locale=LOCALES[language]) as desk:
        await sign_in(desk, f"{who}-{language}")
        for address in ROOMS[who]:
            answered = await desk.page.goto(desk.base + address)
            assert answered is not None
            assert answered.status == 200, address
            name = address.removeprefix("/desk/").replace("/", "-")
            assert desk.page.url.endswith(address)
            await desk.look_over(f"{language}-desk-9-{who}-{name}", "staff")
        assert not desk.faults, "\n".join(desk.faults)
