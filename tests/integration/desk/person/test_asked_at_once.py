"""One press on a row of Today: what is due there is asked now, and the page stays."""

from __future__ import annotations

from datetime import timedelta

import aiohttp

from tests.integration.desk.person.sheets import PAGE, by_staff, problem, said, send
from tests.support.desk import page
from tests.support.study import Trial

PRESS = f"{PAGE}/ask-at-once"


async def test_a_row_begun_is_asked_at_once_by_one_press_and_never_twice(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await trial.ask()
    await trial.says("K-001", "4")
    await trial.move(timedelta(days=2))
    _, today = await page(desk, "/desk")
    assert 'id="to_complete"' in today
    status, html = await send(desk, today, PRESS, {})
    assert status == 200
    assert said(html) == "What is due at K-001 is asked now."
    assert 'id="to_complete"' in html  # The page stayed.
    _, html = await send(desk, today, PRESS, {})
    assert said(html) == "What is due at K-001 is asked now."
    before = len(await trial.texts("K-001"))
    await trial.remind()
    await trial.provider.drain()
    assert len(await trial.texts("K-001")) == before + 1


async def test_what_closes_this_week_is_asked_from_its_row_or_it_is_said_why_not(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await trial.happened("K-001")
    facts = await trial.facts("K-001")
    closing = next(one for one in facts.visits if one.definition == "week_2")
    assert closing.closes_at is not None
    await trial.move(closing.closes_at - timedelta(days=2, hours=12))
    _, week = await page(desk, "/desk/week")
    status, html = await send(desk, week, PRESS, {})
    assert (status, said(html)) == (200, "What is due at K-001 is asked now.")
    await trial.remind()
    await trial.says("K-001", "STOP")
    _, week = await page(desk, "/desk/week")
    _, html = await send(desk, week, PRESS, {})
    assert "wants no texts" in problem(html)
    assert await by_staff(trial, "messages") == 0
