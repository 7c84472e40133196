"""A status at the desk: who may say what, and what it stops and does not stop (R1)."""

from __future__ import annotations

from datetime import timedelta

import aiohttp

from pro_service.domain.study.facts import Status
from pro_service.services import rounds
from tests.integration.desk.person.sheets import by_staff, confirm, do, fill, problem, said
from tests.support.study import Trial, row


async def test_stopped_questionnaires_stops_texts_and_leaves_the_safety_calls(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await trial.happened("K-001", statuses=[Status.active])
    why = {"status": "stopped_questionnaires", "reason": "Too many questions"}
    _, html = await fill(desk, "status", **why)
    for words in (
        "Now: active. From now on: answers no more questionnaires.",
        "Texts stop.",
        "Hospital visits go on.",
        "Safety check, day 1",
    ):
        assert words in html, words
    assert await by_staff(trial, "statuses") == 0
    status, html = await confirm(desk, html, "status")
    assert (status, said(html)) == (200, "The status of K-001 is recorded.")
    assert await by_staff(trial, "statuses") == 1
    await trial.move(timedelta(days=1, hours=10))
    await rounds.call_round(trial.pools.worker, trial.context)
    assert await trial.count("call_tasks", "reason LIKE 'safety%'") > 0


async def test_the_desk_writes_the_status_as_the_command_does(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await trial.enrol(row("K-002"))
    await do(desk, "status", status="lost", reason="No answer for weeks")
    await trial.status("K-002", Status.lost)
    one, other = await trial.facts("K-001"), await trial.facts("K-002")
    assert [each.status for each in one.statuses] == [each.status for each in other.statuses]
    open_nudges = [
        [nudge.ended_at is None for visit in each.visits for nudge in visit.reminders]
        for each in (one, other)
    ]
    assert open_nudges[0] == open_nudges[1]


async def test_only_an_investigator_records_a_withdrawal(
    trial: Trial, desk: aiohttp.ClientSession, investigator: aiohttp.ClientSession
) -> None:
    await trial.happened("K-001", statuses=[Status.active])
    status, html = await fill(
        desk, "status", status="withdrew_follow_up", reason="Said so on the telephone"
    )
    assert status == 403
    _, html = await fill(
        investigator, "status", status="withdrew_follow_up", reason="Said so to me"
    )
    assert "ends them" in html
    status, html = await confirm(investigator, html, "status")
    assert (status, said(html)) == (200, "The status of K-001 is recorded.")
    assert await by_staff(trial, "statuses", "ivan") == 1


async def test_a_status_that_cannot_follow_is_refused_with_what_was_typed(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await trial.happened("K-001", statuses=[Status.active])
    status, html = await fill(desk, "status", status="screen_failure", reason="A slip")
    assert (status, "cannot be a screening failure" in problem(html)) == (422, True)
    assert "A slip" in html
    for other in ("died", "paused", "nonsense", ""):
        status, html = await fill(desk, "status", status=other, reason="x")
        assert status == 422, other
