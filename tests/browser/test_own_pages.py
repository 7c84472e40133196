"""Address and code, own page, second factor, card: in both languages and schemes."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from typing import Final

import pytest
import pytest_asyncio

from pro_service.catalog.protocol_files import example_protocol_file, read_protocol
from pro_service.domain.study.facts import Status
from pro_service.services.cards import cards
from pro_service.services.pages.second_factor import TRIES_A_PARTICIPANT
from pro_service.services.study.protocols import load_protocol
from pro_service.services.study.staff import make_staff
from tests.browser.answering import MAIN, answer_screen, link_in, say_who
from tests.browser.conftest import OpenWindow
from tests.browser.window import DESKTOP, Window
from tests.support.databases import clone
from tests.support.desk import PASSWORD
from tests.support.study import ACTOR, Trial, open_trial, row

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]

LANGUAGES: Final = ("en", "zh_CN")
LOCALES: Final = {"en": "en-GB", "zh_CN": "zh-CN"}
OPEN: Final = {"en": "K-001", "zh_CN": "K-002"}
ASKED_THE_YEAR: Final = {"en": "K-003", "zh_CN": "K-004"}
YEAR: Final = "1951"
A6: Final = (298, 420)
"""Points, 72 to the inch."""
SETTINGS: Final = ("time", "way", "language", "letters", "pause", "stop")


@pytest.fixture(scope="module")
def own_database(server_url: str, template_database: str) -> Iterator[str]:
    """A database of its own."""
    with clone(server_url, template_database) as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def own(own_database: str) -> AsyncIterator[Trial]:
    """Two participants with links, two more of whom the year of birth is asked, and staff."""
    async with open_trial(own_database) as trial:
        await trial.enrol(*(row(code, channel="link", language=one) for one, code in OPEN.items()))
        text = example_protocol_file().read_text("utf-8")
        asking = text.replace("[study]", '[study]\nsecond_factor = "year_of_birth"', 1)
        protocol, source, sha256 = read_protocol(asking)
        await load_protocol(trial.operator, trial.context, protocol, source, sha256, actor=ACTOR)
        await trial.enrol(
            *(
                row(code, channel="link", language=one, year_of_birth=YEAR)
                for one, code in ASKED_THE_YEAR.items()
            )
        )
        for one in LANGUAGES:
            await make_staff(
                trial.operator,
                trial.study_id,
                login=f"anna-{one.lower()}",
                password=PASSWORD,
                site="BJ01",
                role="coordinator",
                language=one,
                actor=ACTOR,
            )
        await trial.ask()
        yield trial


async def card_of(trial: Trial, code: str) -> cards.Card:
    """A participant's card."""
    ((card,), _) = await cards.list_cards(
        trial.operator, trial.context, trial.study_id, codes=[code], actor=ACTOR
    )
    return card


async def enter_code(phone: Window, code: str) -> None:
    await phone.page.fill("#code", code)
    await phone.press(MAIN)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_fixed_address_and_the_cards_own_page_are_accessible(
    own: Trial, window: OpenWindow, language: str
) -> None:
    card = await card_of(own, OPEN[language])
    async with window(own.context.public_url, locale=LOCALES[language]) as phone:
        await phone.go("/c")
        await phone.look_over(f"{language}-own-1-address", "participants")
        await enter_code(phone, "K7M 4PXR")
        await phone.look_over(f"{language}-own-1-refused", "participants")
        assert await phone.page.input_value("#code") == "K7M 4PXR"
        await phone.go(card.link)
        await phone.look_over(f"{language}-own-1-card", "participants")
        await phone.press(MAIN)
        assert phone.page.url.endswith("/q/me")
        assert phone.faults == [], "\n".join(phone.faults)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
async def test_the_code_needs_nothing_but_the_keyboard(
    own: Trial, window: OpenWindow, scripts: bool
) -> None:
    card = await card_of(own, OPEN["en"])
    async with window(own.context.public_url, java_script_enabled=scripts) as phone:
        await phone.go("/c")
        keyboard = phone.page.keyboard
        for _ in range(6):
            await keyboard.press("Tab")
            if await phone.page.locator("#code:focus").count():
                break
        await keyboard.type(card.code.lower())
        async with phone.page.expect_navigation():
            await keyboard.press("Enter")
        assert phone.page.url.endswith("/q/me")
        assert phone.faults == []


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_own_page_and_every_choice_on_it_are_accessible_and_hold(
    own: Trial, window: OpenWindow, language: str
) -> None:
    code = OPEN[language]
    async with window(own.context.public_url, locale=LOCALES[language]) as phone:
        page = phone.page
        await phone.go(await link_in(await own.texts(code)))
        await phone.look_over(f"{language}-own-2-welcome", "participants")
        await phone.press("button.second")
        assert page.url.endswith("/q/me")
        await phone.look_over(f"{language}-own-3-page", "participants")
        for setting in SETTINGS:
            await phone.go(f"/q/me/{setting}")
            await phone.look_over(f"{language}-own-4-{setting}", "participants")
        await phone.go("/q/me/pause")
        await phone.press(MAIN)
        await phone.look_over(f"{language}-own-5-unchosen", "participants")
        await page.locator("input[value='7']").check()
        await phone.press(MAIN)
        await phone.go("/q/me/letters")
        await page.locator("input[value=larger]").check()
        await phone.press(MAIN)
        await phone.look_over(f"{language}-own-6-changed", "participants")
        facts = await own.facts(code)
        assert facts.larger_text
        assert facts.statuses[-2].status is Status.paused
        await phone.go("/q")
        await say_who(phone)
        await phone.look_over(f"{language}-own-7-larger-question", "participants")
        await phone.go("/q/me")
        await phone.press("a.main")
        await say_who(phone)
        while "/q/s/" in page.url:
            await answer_screen(phone, 3)
        await phone.press_on(MAIN)
        assert page.url.endswith("/q/thanks")
        await phone.press("a[href='/q/me']")
        await phone.go("/q/me/stop")
        await phone.press("form[action='/q/me/stop'] button")
        await phone.look_over(f"{language}-own-8-stopped", "participants")
        assert (await own.facts(code)).opted_out_at is not None
        await phone.press("form[action='/q/leave'] button")
        assert page.url.endswith("/c")
        assert phone.faults == [], "\n".join(phone.faults)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_question_for_the_year_is_accessible_and_closes_after_a_few_tries(
    own: Trial, window: OpenWindow, language: str
) -> None:
    code = ASKED_THE_YEAR[language]
    async with window(own.context.public_url, locale=LOCALES[language]) as phone:
        await phone.go(await link_in(await own.texts(code)))
        await phone.look_over(f"{language}-own-9-before-the-year", "participants")
        await phone.press(MAIN)
        await phone.look_over(f"{language}-own-9-year", "participants")
        for number in range(TRIES_A_PARTICIPANT):
            await phone.page.fill("#year", str(1900 + number))
            await phone.press(MAIN)
        await phone.look_over(f"{language}-own-9-refused", "participants")
        await phone.page.fill("#year", YEAR)
        await phone.press(MAIN)
        await phone.look_over(f"{language}-own-9-closed", "participants")
        assert await phone.page.locator("#year").count() == 0
        await own.owner_does("DELETE FROM entry_tries")
        await phone.go("/q/year")
        await phone.page.fill("#year", YEAR)
        await phone.press(MAIN)
        assert phone.page.url.endswith("/q/me")
        await phone.press("a.main")
        await say_who(phone)
        assert "/q/s/1" in phone.page.url
        assert phone.faults == [], "\n".join(phone.faults)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_desks_card_page_is_accessible_and_prints_the_card_alone(
    own: Trial, window: OpenWindow, language: str
) -> None:
    card = await card_of(own, OPEN["zh_CN"])
    size = {"width": DESKTOP[0], "height": DESKTOP[1]}
    async with window(own.context.public_url, locale=LOCALES[language], viewport=size) as desk:
        page = desk.page
        await desk.go("/desk/sign-in")
        await page.fill("#login", f"anna-{language.lower()}")
        await page.fill("#password", PASSWORD)
        await desk.press("button.main")
        await desk.go(f"/desk/participants/{card.participant}")
        await desk.press("a[href$='/card']")
        await desk.press("form[action$='/card/show'] button")
        for picture in await page.locator("article img").all():  # the card's, and our number's
            assert await picture.evaluate("one => one.complete && one.naturalWidth > 0")
        await desk.look_over(f"{language}-desk-9-card", "staff")
        await page.emulate_media(media="print")
        shown = await page.locator("body").inner_text()
        assert card.code in shown
        assert card.participant not in shown
        paper = await page.pdf(prefer_css_page_size=True)
        sizes = re.findall(rb"/MediaBox \[0 0 ([0-9.]+) ([0-9.]+)\]", paper)
        assert [(round(float(across)), round(float(down))) for across, down in sizes] == [A6] * 2
        assert desk.faults == [], "\n".join(desk.faults)
