"""The room in which scores stand beside measures: whose it is, when, what it keeps (R19, R20)."""

from __future__ import annotations

from typing import Final

import aiohttp
import pytest

from pro_service.services.desk.sign_in import form_secret
from pro_service.services.measuring import correlating
from tests.integration.desk.correlating.conftest import LOCKED, Browsers
from tests.integration.desk.texts.conftest import plain
from tests.support.desk import page, press
from tests.support.study import Trial

ROOM: Final = "/desk/measures/correlate"
ASKED: Final = {"score": "womac-nrs-3.1/pain", "part": "ute_t2s/cMFC/full", "visit": "week_2"}


async def send(browser: aiohttp.ClientSession) -> int:
    """Send the form from a page that has none; what it answers."""
    cookie = {one.key: one.value for one in browser.cookie_jar}.get("desk", "")
    filled = {"form": form_secret(cookie), **ASKED, "days": "30"}
    async with browser.post(ROOM, data=filled, allow_redirects=False) as answer:
        return answer.status


async def test_a_run_is_kept_and_shown_with_its_picture_and_the_table_behind(
    trial: Trial, at: Browsers
) -> None:
    await trial.owner_does(LOCKED)
    reader = await at("dora")
    status, html = await page(reader, ROOM)
    assert status == 200
    assert "The analysis plan names no correlation." in plain(html)
    status, html = await press(reader, html, ROOM, **ASKED, days="30")
    assert status == 200
    said = plain(html)
    assert "Done and kept" in said
    assert "Run 1 of 1" in said
    assert "Participants: 4, knees: 4, pairs: 8." in said
    assert "from 2 to 4" in said
    assert said.count("Exploratory, found by looking") >= 3
    assert "0.385" in said  # 5/13, as worked by hand
    assert "7.692" in said  # 100/13 points a millisecond
    assert html.count("<svg") > 6
    (run,) = await correlating.list_runs(trial.operator, trial.study_id)
    assert (run.number, run.actor, run.planned) == (1, "staff:dora", [])
    # Looked at again: nothing is run anew.
    status, html = await page(reader, f"{ROOM}?run={run.id}")
    assert status == 200
    assert "0.385" in html
    assert len(await correlating.list_runs(trial.operator, trial.study_id)) == 1


async def test_what_cannot_be_run_says_why_and_keeps_what_was_typed(
    trial: Trial, at: Browsers
) -> None:
    await trial.owner_does(LOCKED)
    reader = await at("dora")
    _, html = await page(reader, ROOM)
    status, refused = await press(reader, html, ROOM, **ASKED, days="a month")
    assert status == 422
    assert "say how many days" in plain(refused)
    assert 'value="a month"' in refused
    status, refused = await press(reader, html, ROOM, **ASKED | {"part": "mri"}, days="30")
    assert status == 422
    assert await correlating.list_runs(trial.operator, trial.study_id) == []


async def test_r19_before_the_lock_nothing_is_shown_or_run(trial: Trial, at: Browsers) -> None:
    reader = await at("dora")
    status, html = await page(reader, ROOM)
    assert status == 200
    assert "once the reads are locked" in plain(html)
    assert "<select" not in html.split("<main")[1]
    assert await send(reader) == 409
    assert await correlating.list_runs(trial.operator, trial.study_id) == []


@pytest.mark.parametrize("login", ["ines", "anna"])
async def test_r19_whom_the_protocol_does_not_name_sees_no_score_beside_a_measure(
    trial: Trial, at: Browsers, login: str
) -> None:
    await trial.owner_does(LOCKED)
    reader = await at(login)
    status, html = await page(reader, ROOM)
    assert status == 403
    assert "0.385" not in html
    assert await send(reader) == 403
    assert await correlating.list_runs(trial.operator, trial.study_id) == []
