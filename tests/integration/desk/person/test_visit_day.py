"""One visit moved by hand: within its window, looked at first, kept through what comes later."""

from __future__ import annotations

import re
from datetime import date

import aiohttp

from pro_service.domain.study.facts import Status, VisitFacts
from tests.integration.desk.person.sheets import PAGE, by_staff, confirm, fill, problem, said
from tests.support.desk import page
from tests.support.study import Trial

LATER = date(2026, 2, 3)
"""Two days before month 1 is due, counted from an injection on the fifth of January."""


async def month_1(trial: Trial) -> VisitFacts:
    """The visit as it stands."""
    facts = await trial.facts("K-001")
    return next(one for one in facts.visits if one.definition == "month_1")


async def test_a_visit_moves_within_its_window_and_nothing_else_does(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await trial.happened("K-001", statuses=[Status.active])
    before = await trial.facts("K-001")
    visit = await month_1(trial)
    filled = {"visit": str(visit.id), "reason": "The clinic is closed that day"}
    _, html = await page(desk, f"{PAGE}/visit-day")
    offered = re.findall(r'<option value="[0-9a-f-]+">([^<:]+):', html)
    assert "Month 1" in offered
    assert not {"Screening", "Injection"} & {*offered}, "their days are those of events"
    for day, words in (("2026-05-05", "not in the window"), (str(visit.target_on), "already")):
        status, html = await fill(desk, "visit-day", **filled, day=day)
        assert (status, words in problem(html)) == (422, True), day
    _, html = await fill(desk, "visit-day", **filled, day=LATER.isoformat())
    assert "becomes Tue 3 Feb 2026." in html
    assert "Its first text goes Sun 1 Feb 2026, 18:30." in html
    assert (await month_1(trial)).id == visit.id
    status, html = await confirm(desk, html, "visit-day")
    assert said(html) == "The visit of K-001 is on Tue 3 Feb 2026 from now on."
    moved = await month_1(trial)
    assert (moved.target_on, moved.opens_at, moved.closes_at) == (
        LATER,
        visit.opens_at,
        visit.closes_at,
    )
    assert [one.due_at.isoformat() for one in moved.reminders] == ["2026-02-01T10:30:00+00:00"]
    others = {one.id for one in before.visits} - {visit.id}
    assert others <= {one.id for one in (await trial.facts("K-001")).visits}
    assert await by_staff(trial, "visit_moves") == 1


async def test_a_moved_visit_keeps_its_day_until_its_window_moves(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await trial.happened("K-001", statuses=[Status.active])
    visit = await month_1(trial)
    filled = {"visit": str(visit.id), "reason": "Clinic closed", "day": LATER.isoformat()}
    _, html = await fill(desk, "visit-day", **filled)
    await confirm(desk, html, "visit-day")
    await trial.status("K-001", Status.stopped_treatment)
    assert (await month_1(trial)).target_on == LATER
    facts = await trial.facts("K-001")
    injected = next(one for one in facts.events if one.kind == "injection")
    assert injected.occurred_at is not None
    await trial.happened("K-001", at=injected.occurred_at.replace(day=4))
    after = await month_1(trial)
    assert after.target_on == date(2026, 2, 4) - (visit.target_on - date(2026, 2, 5))
