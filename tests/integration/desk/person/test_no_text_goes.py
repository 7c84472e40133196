"""The desk never says that a text goes where, as things stand, none does."""

from __future__ import annotations

import re
from datetime import timedelta

import aiohttp

from pro_service.domain.study.facts import Status
from tests.integration.desk.person.sheets import PAGE, do, fill, said
from tests.support.desk import page, press
from tests.support.study import Trial, row

REMINDER = "reminder "
NO_TEXT = ", but no text goes: "


async def head(desk: aiohttp.ClientSession, address: str = PAGE) -> str:
    """What stands in the head of a participant's page."""
    status, html = await page(desk, address)
    assert status == 200
    return html.partition('class="facts person-head"')[2].partition("</dl>")[0]


async def test_who_wants_no_texts_is_asked_by_none(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await trial.happened("K-001", statuses=[Status.active])
    assert NO_TEXT not in await head(desk)
    await trial.says("K-001", "STOP")
    shown = await head(desk)
    assert f"{NO_TEXT}number wants no texts" in shown
    assert "texts go here" not in shown
    _, html = await fill(
        desk, "extra-visit", ask="pain-nrs:left_knee", when="now", reason="Pain again"
    )
    assert said(html).startswith("The extra visit of K-001 is open. As things stand no text goes")


async def test_a_pause_of_whoever_wants_no_texts_promises_none(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await trial.happened("K-001", statuses=[Status.active])
    await trial.says("K-001", "STOP")
    until = (await trial.now() + timedelta(days=30)).date().isoformat()
    _, html = await page(desk, PAGE)
    _, html = await press(desk, html, f"{PAGE}/pause/preview", until=until, reason="Travels")
    _, html = await press(desk, html, f"{PAGE}/pause")
    assert "As things stand no text goes out after that either" in said(html)
    assert "texts go here" not in await head(desk)


async def test_nothing_comes_next_for_whom_everything_ended(
    trial: Trial, desk: aiohttp.ClientSession, investigator: aiohttp.ClientSession
) -> None:
    await trial.happened("K-001", statuses=[Status.active])
    assert REMINDER in await head(desk)
    await do(investigator, "status", status="withdrew_follow_up", reason="Said so to me")
    shown = await head(desk)
    assert REMINDER not in shown
    assert "texts go here" not in shown


async def test_a_status_that_is_no_pause_speaks_of_none(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await trial.happened("K-001", statuses=[Status.active])
    _, html = await fill(desk, "status", status="lost", reason="No answer for weeks")
    assert "While the pause lasts" not in html
    assert "These visits are not stopped." in html


async def test_when_a_reminder_comes_is_said_in_the_sites_zone_and_in_theirs_by_its_name(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    assert " in America/New_York)" not in await head(desk)
    await trial.enrol(row("K-002", phone="+12025550149", zone="America/New_York"))
    await trial.happened("K-002", statuses=[Status.active])
    shown = await head(desk, "/desk/participants/K-002")
    assert re.search(r"reminder [^(<]+ \([^)]+ in America/New_York\)", shown)
