"""A participant opens the link on a phone and answers, in either language, scripts or none."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.browser.answering import (
    BACK,
    MAIN,
    QUESTION,
    answer_everything,
    answer_screen,
    begin,
    choose,
    item_of,
    link_in,
)
from tests.browser.conftest import Newcomer, OpenWindow
from tests.support.study import Trial

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]

SCALES = ("pain", "stiffness", "function")
"""Of WOMAC; the codes of their items begin with the scale's own."""


async def scores_of(crowd: Trial, code: str) -> dict[tuple[str, str], Decimal]:
    """What the participant's sittings scored, by instrument and scale."""
    rows = await crowd.fetch(
        "SELECT instrument, scale, raw FROM pro.scores WHERE participant_id = $1",
        crowd.participants[code],
    )
    return {(instrument, scale): raw for instrument, scale, raw in rows}


@pytest.mark.parametrize(
    ("language", "scripts", "thanks"),
    [
        ("en", True, "Thank you"),
        ("zh_CN", True, "谢谢您"),
        ("en", False, "Thank you"),
        pytest.param("zh_CN", False, "谢谢您", marks=pytest.mark.thorough),
    ],
    ids=["english", "chinese", "english without scripts", "chinese without scripts"],
)
async def test_a_whole_womac_is_answered_reviewed_changed_sent_and_scored(
    crowd: Trial, newcomer: Newcomer, window: OpenWindow, language: str, scripts: bool, thanks: str
) -> None:
    code = newcomer(language)
    link = await link_in(await crowd.texts(code))
    async with window(crowd.context.public_url, java_script_enabled=scripts) as phone:
        page = phone.page
        await phone.go(link)
        given = await answer_everything(phone)
        assert len(given) == 26
        assert link.rpartition("/")[2] not in page.url

        await phone.press_on("dl > div:first-child a")
        first = page.locator(QUESTION).first
        item = item_of(await first.get_attribute("id"))
        checked = first.locator("input:checked")
        assert await checked.get_attribute("value") == str(given[item])
        given[item] = 10
        await choose(first, 10)
        await phone.press_on(MAIN)
        assert page.url.endswith("/q/review")
        assert "10 " in (await page.locator("dl dd").first.inner_text()).replace("（", " ")

        await phone.press_on(MAIN)
        assert page.url.endswith("/q/thanks")
        assert await page.locator("h1").inner_text() == thanks
        assert phone.faults == []

    scores = await scores_of(crowd, code)
    for scale in SCALES:
        expected = sum(value for name, value in given.items() if name.startswith(f"{scale}_"))
        assert scores["womac-nrs-3.1", scale] == expected
    assert scores["pain-nrs", "pain"] == given["pain"]
    assert scores["pga", "pga"] == given["pga"]


async def test_going_back_shows_what_was_saved_and_reloading_loses_nothing(
    crowd: Trial, newcomer: Newcomer, window: OpenWindow
) -> None:
    async with window(crowd.context.public_url) as phone:
        await phone.go(await link_in(await crowd.texts(newcomer("en"))))
        await begin(phone)
        await answer_screen(phone, 6)
        assert phone.page.url.endswith("/q/s/2")
        await phone.press_on(BACK)
        assert await phone.page.locator("input:checked").count() == 5
        await phone.page.reload()
        await phone.page.go_back()
        assert await phone.page.locator(QUESTION).count() >= 1
        await phone.go("/q/s/1")
        values = [await one.input_value() for one in await phone.page.locator(":checked").all()]
        assert values == ["6"] * 5
        assert phone.faults == []


async def test_the_first_page_weighs_little_and_asks_for_two_things(
    crowd: Trial, newcomer: Newcomer, window: OpenWindow
) -> None:
    async with window(crowd.context.public_url) as phone:
        await phone.go(await link_in(await crowd.texts(newcomer("en"))))
        weight = await phone.weight()
        print(f"first load: {weight} bytes in {len(phone.requests)} answers")
        assert len(phone.requests) == 2
        assert weight < 16_000
