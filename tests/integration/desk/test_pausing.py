"""A pause begun and ended at the desk: previewed, written once, under the name of who did it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from uuid import UUID

import aiohttp
import asyncpg
import pytest

from pro_service.domain.study.facts import Status
from pro_service.domain.study.pausing import plan_pause, resumes_at
from pro_service.domain.study.times import local_day, zone
from pro_service.services import rounds
from pro_service.services.study.staff import make_staff
from pro_service.store.answering import answers
from pro_service.store.answering.answers import AnswersWrite
from pro_service.store.connection import Connection, Guard
from tests.support.begun import begun_by
from tests.support.databases import Prepared
from tests.support.desk import PASSWORD, page, press, sign_in
from tests.support.forms import form_to
from tests.support.record.words import spoken
from tests.support.study import ACTOR, Left, Trial, go_on_with, row
from tests.support.web import browsing

PAGE = "/desk/participants/K-001"
DAYS = 14
REASON = "Away with her daughter, asked for a rest"


async def begin_trial(running: Trial) -> None:
    """A participant injected a moment ago, so that safety visits lie ahead, and a coordinator."""
    await running.enrol(row("K-001"))
    await running.happened("K-001", statuses=[Status.active])
    await make_staff(
        running.operator,
        running.study_id,
        login="anna",
        password=PASSWORD,
        site="BJ01",
        role="coordinator",
        actor=ACTOR,
    )


begun = begun_by(begin_trial)


@pytest.fixture
async def trial(database_url: str, begun: Prepared[Left]) -> AsyncIterator[Trial]:
    """That trial going on, on a copy of its database."""
    async with go_on_with(database_url, begun.made) as running:
        yield running


@pytest.fixture
async def desk(trial: Trial) -> AsyncIterator[aiohttp.ClientSession]:
    """A browser in which the coordinator is signed in."""
    async with browsing(trial.server) as browser:
        await sign_in(browser)
        yield browser


async def day_after(trial: Trial, days: int) -> date:
    """A day so many days from now, where the participant lives."""
    facts = await trial.facts("K-001")
    return local_day(facts.now, zone(facts.zone)) + timedelta(days=days)


async def preview(
    trial: Trial, desk: aiohttp.ClientSession, days: int = DAYS, reason: str = REASON
) -> tuple[int, str]:
    """Fill in the form on the participant's page, and look at what it would change."""
    _, html = await page(desk, PAGE)
    until = (await day_after(trial, days)).isoformat()
    return await press(desk, html, f"{PAGE}/pause/preview", until=until, reason=reason)


async def pause(trial: Trial, desk: aiohttp.ClientSession) -> tuple[int, str]:
    """The whole way: form, preview, write, and the page after it."""
    _, html = await preview(trial, desk)
    return await press(desk, html, f"{PAGE}/pause")


async def statuses(trial: Trial) -> list[tuple[str, str, str]]:
    """What the desk recorded, in order."""
    return [
        (status, actor, await spoken(trial.operator, trial.context, reason))
        for status, actor, reason in await trial.fetch(
            "SELECT status, actor, reason FROM statuses WHERE actor LIKE 'staff:%' ORDER BY id"
        )
    ]


async def test_the_preview_says_what_moves_and_what_goes_on_and_changes_nothing(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    before = await trial.facts("K-001")
    status, html = await preview(trial, desk)
    assert status == 200
    after = await trial.facts("K-001")
    assert (after.revision, after.statuses, after.visits) == (
        before.revision,
        before.statuses,
        before.visits,
    )
    for words in ("Nothing is changed yet", REASON, "Week 2", "Safety follow-up goes on"):
        assert words in html
    safety = html.partition('id="safety"')[2].partition("</section>")[0]
    for words in ("Safety check, day 1", "Safety check, day 3", "becomes a call to make"):
        assert words in safety
    assert await statuses(trial) == []


async def test_a_pause_is_written_under_name_and_reason_and_said_to_be_done(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    before = await trial.facts("K-001")
    status, html = await pause(trial, desk)
    assert status == 200
    assert "K-001 is paused. Texts go out again from" in html
    assert "<dd>paused</dd>" in html
    assert await statuses(trial) == [
        ("paused", "staff:anna", REASON),
        ("active", "staff:anna", REASON),
    ]
    audited = await trial.fetch(
        "SELECT DISTINCT table_name, reason FROM audit_entries WHERE actor = 'staff:anna'"
        " AND table_name IN ('statuses', 'reminders') ORDER BY 1"
    )
    assert [table for table, _ in audited] == ["reminders", "statuses"]
    for _, reason in audited:
        assert await spoken(trial.operator, trial.context, reason) == REASON
    assert html.partition('id="log"')[2].count("(still to come)") == 1
    after = await trial.facts("K-001")
    assert after.revision == before.revision + 1
    protocol = await trial.context.reader.protocol(
        trial.operator, trial.study_id, after.protocol_version_id
    )
    planned = plan_pause(before, protocol, resumes_at(before, DAYS))
    moved = {one.reminder_id: one.new_due_at or one.due_at for one in planned.nudges}
    due = {each.id: each.due_at for visit in after.visits for each in visit.reminders}
    assert {one: due[one] for one in moved} == moved


async def test_the_pause_that_was_looked_at_can_be_ended_by_hand(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    before = await trial.facts("K-001")
    _, html = await pause(trial, desk)
    assert f'action="{PAGE}/resume/preview"' in html
    _, html = await press(desk, html, f"{PAGE}/resume/preview", reason="back earlier")
    status, html = await press(desk, html, f"{PAGE}/resume")
    assert status == 200
    assert "The pause of K-001 has ended." in html
    assert "<dd>active</dd>" in html
    assert "resume/preview" not in html
    after = await trial.facts("K-001")
    due = [
        [(each.id, each.due_at) for visit in facts.visits for each in visit.reminders]
        for facts in (before, after)
    ]
    assert due[0] == due[1]
    # The end the pause was to have, which is not to be taken for one that comes.
    log = html.partition('id="log"')[2]
    assert log.count("(a later entry overrules it)") == 1
    assert "(still to come)" not in log
    # The sentence is said to whom it was made for, and to nobody else.
    _, html = await page(desk, f"{PAGE}?done=paused&of=K-001&proof=0")
    assert "is paused" not in html


async def test_the_same_form_sent_twice_pauses_once(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    _, html = await preview(trial, desk)
    filled = dict(form_to(html, f"{PAGE}/pause").fields)
    for _ in range(2):
        async with desk.post(f"{PAGE}/pause", data=filled) as answer:
            assert answer.url.query["done"] == "paused"
    assert len(await statuses(trial)) == 2


async def test_without_reason_or_with_a_day_that_is_none_nothing_is_done(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    assert (await preview(trial, desk, reason=" "))[0] == 422
    for days in (-1, 0, 93):
        status, html = await preview(trial, desk, days)
        assert (status, "That day cannot end a pause" in html) == (422, True), days
    _, html = await page(desk, PAGE)
    for until in ("", "soon", "2026-13-01"):
        filled = {"until": until, "reason": REASON}
        assert (await press(desk, html, f"{PAGE}/pause/preview", **filled))[0] == 422
    assert await statuses(trial) == []


async def test_who_left_the_study_is_not_paused(trial: Trial, desk: aiohttp.ClientSession) -> None:
    _, before = await preview(trial, desk)
    _, start = await page(desk, PAGE)
    await trial.status("K-001", Status.withdrew_follow_up)
    _, html = await page(desk, PAGE)
    assert "pause/preview" not in html
    status, html = await press(desk, before, f"{PAGE}/pause")
    assert (status, "no pause to begin or end" in html) == (409, True)
    assert (await press(desk, start, f"{PAGE}/pause/preview", until="", reason="x"))[0] == 422
    assert await statuses(trial) == []


async def test_an_answer_that_comes_between_reading_and_writing_is_not_lost(
    trial: Trial, desk: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pause is a turn like any other: it decides again from what has come meanwhile."""
    asked = 0
    find = answers.find_web_write

    async def and_somebody_else_was_quicker(
        connection: Connection, study_id: UUID, key: str
    ) -> datetime | None:
        nonlocal asked
        asked += 1
        if asked == 1:
            facts = await trial.facts("K-001")
            guard = Guard(facts.study_id, facts.id, facts.revision)
            await answers.record_answers(trial.pools.participant, guard, AnswersWrite())
        return await find(connection, study_id, key)

    _, html = await preview(trial, desk)
    monkeypatch.setattr(answers, "find_web_write", and_somebody_else_was_quicker)
    status, _ = await press(desk, html, f"{PAGE}/pause")
    assert (status, asked) == (200, 2)
    assert len(await statuses(trial)) == 2


async def test_a_safety_check_unanswered_in_a_pause_becomes_a_call_the_same_day(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await pause(trial, desk)
    facts = await trial.facts("K-001")
    day_1 = next(one for one in facts.visits if one.definition == "safety_1")
    await trial.move(day_1.opens_at + timedelta(hours=10))
    await trial.remind()
    assert await trial.texts("K-001") == []
    await trial.move(day_1.opens_at + timedelta(hours=19))
    await rounds.call_round(trial.pools.worker, trial.context)
    reasons = await trial.fetch("SELECT reason FROM call_tasks WHERE closed_at IS NULL")
    assert reasons == [("safety_unanswered",)]
    _, html = await page(desk)
    assert "K-001" in html.partition('id="calls"')[2].partition("</section>")[0]


async def test_two_who_close_one_call_at_once_close_it_once(
    trial: Trial, desk: aiohttp.ClientSession, owner: asyncpg.Connection
) -> None:
    await pause(trial, desk)
    facts = await trial.facts("K-001")
    day_1 = next(one for one in facts.visits if one.definition == "safety_1")
    await trial.move(day_1.opens_at + timedelta(hours=19))
    await rounds.call_round(trial.pools.worker, trial.context)
    _, html = await page(desk)
    call = re.search(r'href="/desk/calls/([0-9a-f-]{36})', html)
    assert call is not None
    path = f"/desk/calls/{call[1]}/close"
    _, html = await page(desk, f"/desk/calls/{call[1]}")
    before = (await trial.facts("K-001")).revision
    sent = [press(desk, html, path, outcome="reached", note=f"by {n}") for n in range(4)]
    answered = [status for status, _ in await asyncio.gather(*sent)]
    assert answered == [200] * 4  # The same person: whoever comes second hears what was done.
    assert (await trial.facts("K-001")).revision == before + 1
    outcomes = await owner.fetch("SELECT closed_by, outcome FROM pro.call_tasks")
    assert [one["closed_by"] for one in outcomes] == ["staff:anna"]


async def test_a_pause_after_one_that_was_ended_early_is_said_to_end_on_its_own_day(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    _, html = await pause(trial, desk)
    _, html = await press(desk, html, f"{PAGE}/resume/preview", reason="back earlier")
    _, html = await press(desk, html, f"{PAGE}/resume")
    _, html = await preview(trial, desk, DAYS + 10)
    _, html = await press(desk, html, f"{PAGE}/pause")
    day = await day_after(trial, DAYS + 10)
    said = html.partition('role="status"')[2].partition("</p>")[0]
    assert f"Texts go out again from {day:%a} {day.day} {day:%b} {day.year}" in said
