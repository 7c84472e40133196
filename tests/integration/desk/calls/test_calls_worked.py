"""A call worked to its end: each outcome by the form of its page, and what it wrote (issue 14)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import aiohttp
import pytest

from pro_service.domain.study.facts import Status
from pro_service.domain.study.reaching.call_times import RING_FROM
from pro_service.domain.study.times import day_start, local_day, local_instant, zone
from pro_service.services.study.staff import make_staff
from pro_service.store.ids import new_id
from tests.integration.desk.person.sheets import said
from tests.support.begun import begun_by
from tests.support.databases import Prepared
from tests.support.desk import PASSWORD, page, press, sign_in
from tests.support.study import ACTOR, STARTED_AT, Left, Trial, go_on_with, phone, row
from tests.support.web import browsing

CALLED = "staff:anna"


async def begin_trial(running: Trial) -> None:
    """An active participant who has been asked something by text, and staff."""
    await running.enrol(row("K-001"))
    await running.ask()
    await running.status("K-001", Status.active)
    for login, role in (("anna", "coordinator"), ("ivo", "investigator")):
        await make_staff(
            running.operator,
            running.study_id,
            login=login,
            password=PASSWORD,
            site="BJ01",
            role=role,
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


async def make_call(trial: Trial, reason: str = "nudges_unanswered") -> UUID:
    """A call about the participant's open visit, which closes with it."""
    call_id = new_id()
    await trial.owner_does(
        "INSERT INTO pro.call_tasks (study_id, id, participant_id, visit_id, reason, created_at,"
        " closes_at, actor) SELECT v.study_id, $2, v.participant_id, v.id, $3, pro.now(),"
        " v.closes_at, 'test' FROM pro.visits AS v JOIN pro.assessments AS a ON a.visit_id = v.id"
        " WHERE v.study_id = $1 AND v.superseded_at IS NULL AND v.opens_at <= pro.now()"
        " AND NOT v.provisional AND a.submitted_at IS NULL ORDER BY v.opens_at, v.id LIMIT 1",
        trial.study_id,
        call_id,
        reason,
    )
    assert await trial.count("call_tasks", f"id = '{call_id}'") == 1
    return call_id


async def close(
    desk: aiohttp.ClientSession, call: UUID, outcome: str, note: str = "rang her", **fields: str
) -> tuple[int, str]:
    """Close a call by the form of its page; what follows."""
    _, html = await page(desk, f"/desk/calls/{call}")
    path = f"/desk/calls/{call}/close"
    return await press(desk, html, path, outcome=outcome, note=note, **fields)


async def waiting(trial: Trial) -> list[tuple[object, ...]]:
    """The open calls: why, and from when they are wanted."""
    return await trial.fetch("SELECT reason, wanted_from FROM call_tasks WHERE closed_at IS NULL")


async def listed(desk: aiohttp.ClientSession) -> bool:
    """Whether Today lists a call."""
    return "/desk/calls/" in re.sub("/desk/calls/print", "", (await page(desk))[1])


async def test_will_answer_comes_back_the_day_after_and_not_before(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    call = await make_call(trial)
    local = zone("Asia/Shanghai")
    day = local_day(await trial.now(), local) + timedelta(days=1)
    status, html = await close(desk, call, "will_answer", day_will_answer=day.isoformat())
    assert status == 200
    assert "comes back on" in html
    back_at = local_instant(day + timedelta(days=1), RING_FROM, local)
    assert await waiting(trial) == [("nudges_unanswered", back_at)]
    assert not await listed(desk)
    _, html = await page(desk, "/desk/participants/K-001")
    assert "/desk/calls/" in html  # Whoever is asked for it finds it at the participant.
    assert "ring from" in html
    await trial.move(back_at - await trial.now())
    assert await listed(desk)


@pytest.mark.parametrize("day", ["", "yesterday", "2020-01-01", "2999-01-01"])
async def test_a_day_that_cannot_be_is_said_at_the_form_with_what_was_typed(
    trial: Trial, desk: aiohttp.ClientSession, day: str
) -> None:
    call = await make_call(trial)
    status, html = await close(desk, call, "will_answer", "said soon", day_will_answer=day)
    assert status == 422
    assert 'role="alert"' in html
    assert ">said soon</textarea>" in html
    assert await trial.count("call_tasks", "closed_at IS NOT NULL") == 0


async def test_nobody_there_comes_back_the_next_working_day_as_often_as_the_protocol_says(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await make_call(trial)
    for tried in (1, 2):
        (call,) = await trial.fetch("SELECT id FROM call_tasks WHERE closed_at IS NULL")
        _, html = await page(desk, f"/desk/calls/{call[0]}")
        assert f"Try {tried} of 3" in html
        await close(desk, call[0], "no_answer")
        ((reason, wanted_from),) = await waiting(trial)
        assert reason == "nudges_unanswered"
        assert isinstance(wanted_from, type(STARTED_AT))
        assert wanted_from.astimezone(zone("Asia/Shanghai")).hour == 9
        assert wanted_from > await trial.now()
    (call,) = await trial.fetch("SELECT id FROM call_tasks WHERE closed_at IS NULL")
    _, html = await page(desk, f"/desk/calls/{call[0]}")
    assert html.count("Nobody there") == 3  # Two tries so far, and the outcome.
    await close(desk, call[0], "no_answer", again="")
    assert await waiting(trial) == []


async def test_nobody_there_comes_back_at_the_time_that_was_said(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    call = await make_call(trial)
    at = (await trial.now()).astimezone(zone("Asia/Shanghai")) + timedelta(hours=3)
    await close(desk, call, "no_answer", again=f"{at:%Y-%m-%dT%H:%M}")
    ((_, wanted_from),) = await waiting(trial)
    assert wanted_from == at.replace(second=0, microsecond=0)


async def test_answering_now_leads_to_entry_and_the_call_stays(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    call = await make_call(trial)
    _, html = await page(desk, f"/desk/calls/{call}")
    owed = re.findall(r'href="/desk/participants/K-001/entry\?assessment=([^"&]+)[^"]*"', html)
    first_owed = owed[0]
    form = re.search(r'name="form" value="([^"]+)"', html)
    assert form is not None
    sent = {"form": form[1], "outcome": "answers_now", "note": "has time now"}
    path = f"/desk/calls/{call}/close"
    async with desk.post(path, data=sent, allow_redirects=False) as answer:
        assert answer.status == 303
        entry = answer.headers["Location"]
        assert entry.startswith("/desk/participants/K-001/entry?")
    status, html = await page(desk, entry)
    assert (status, "K-001 answers now" in html) == (200, True)
    # What the call was about is chosen there, and that it is told by telephone; nothing else is.
    assert re.findall(r'<option value="([^"]+)" selected', html)[0] == first_owed
    assert re.findall(r'value="([^"]+)"[^>]* checked', html) == ["telephone"]
    assert await waiting(trial) == [("nudges_unanswered", None)]
    assert await listed(desk)


async def test_not_this_time_declines_what_the_visit_still_asks(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    call = await make_call(trial)
    (visit,) = (await trial.fetch("SELECT visit_id FROM call_tasks"))[0]
    other = await make_call(trial, "closing_soon")
    status, _ = await close(desk, call, "declined")
    assert status == 200
    left = await trial.fetch(
        "SELECT count(*) FILTER (WHERE declined_at IS NULL AND submitted_at IS NULL), count(*)"
        " FROM assessments WHERE visit_id = $1",
        visit,
    )
    assert left[0][0] == 0
    assert left[0][1] != 0
    ended = "SELECT end_reason FROM reminders WHERE visit_id = $1 ORDER BY ordinal DESC LIMIT 1"
    assert await trial.fetchval(ended, visit) == "declined"
    # What else was to be rung about at the visit is over, too.
    outcome = "SELECT outcome, closed_by FROM call_tasks WHERE id = $1"
    assert await trial.fetch(outcome, other) == [("declined", "service")]
    assert await waiting(trial) == []


async def test_no_texts_opts_out_every_number_as_the_command_does(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    call = await make_call(trial)
    await close(desk, call, "no_texts", "wants calls instead")
    assert await trial.fetch("SELECT actor, left(reason, 5) FROM opt_outs") == [(CALLED, "note:")]
    assert (await trial.facts("K-001")).reach.why_not == "opted_out"


async def test_a_pause_until_a_day_is_a_pause_until_that_day(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    call = await make_call(trial)
    facts = await trial.facts("K-001")
    until = local_day(facts.now, zone(facts.zone)) + timedelta(days=30)
    await close(desk, call, "rest", day_rest=until.isoformat())
    said = "SELECT status, effective_at FROM statuses WHERE actor = $1 ORDER BY id"
    rows = await trial.fetch(said, CALLED)
    assert [one[0] for one in rows] == ["paused", "active"]
    assert rows[1][1] == day_start(until, zone(facts.zone))
    other = await make_call(trial, "closing_soon")
    status, _ = await close(desk, other, "rest", day_rest="2999-01-01")
    assert status == 422


@pytest.mark.parametrize(
    ("outcome", "login", "status", "alerts"),
    [
        ("stops_questionnaires", "anna", "stopped_questionnaires", 0),
        ("withdraws_follow_up", "anna", "stopped_questionnaires", 1),
        ("withdraws_follow_up", "ivo", "withdrew_follow_up", 0),
        ("withdraws_data_use", "anna", "stopped_questionnaires", 1),
        ("withdraws_data_use", "ivo", "withdrew_data_use", 0),
    ],
)
async def test_a_withdrawal_is_recorded_by_its_kind_and_by_who_heard_it(
    trial: Trial, outcome: str, login: str, status: str, alerts: int
) -> None:
    """R1: withdrawal from follow-up ends safety follow-up, and is said to an investigator."""
    call = await make_call(trial)
    async with browsing(trial.server) as browser:
        await sign_in(browser, login)
        answered, _ = await close(browser, call, outcome, "her own words")
        assert answered == 200
    said = "SELECT status, actor, left(reason, 5) FROM statuses ORDER BY id DESC LIMIT 1"
    assert await trial.fetch(said) == [(status, f"staff:{login}", "note:")]
    assert await trial.count("alerts", "rule = 'withdrawal_reported'") == alerts
    assert await waiting(trial) == []
    before = len(await trial.texts("K-001"))
    await trial.move(timedelta(days=2))
    await trial.ask()
    assert len(await trial.texts("K-001")) == before


async def test_a_death_with_its_day_ends_everything_and_opens_an_alert(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    call = await make_call(trial)
    facts = await trial.facts("K-001")
    today = local_day(facts.now, zone(facts.zone))
    tomorrow = (today + timedelta(days=1)).isoformat()
    assert (await close(desk, call, "died", day_died=tomorrow))[0] == 422
    status, _ = await close(desk, call, "died", "her son said so", day_died=today.isoformat())
    assert status == 200
    events = "SELECT occurred_at, actor FROM events WHERE kind = 'death'"
    assert await trial.fetch(events) == [(day_start(today, zone(facts.zone)), CALLED)]
    assert await trial.count("statuses", "status = 'died'") == 1
    assert await trial.fetch("SELECT rule, severity FROM alerts") == [("death_reported", "urgent")]
    assert await waiting(trial) == []


async def test_two_who_close_one_call_at_once_write_one_outcome(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    call = await make_call(trial)
    async with browsing(trial.server) as second:
        await sign_in(second, "ivo")
        found = await asyncio.gather(
            close(desk, call, "declined"), close(second, call, "stops_questionnaires")
        )
    assert sorted(status for status, _ in found) == [200, 409]
    assert await trial.count("call_tasks", "closed_at IS NOT NULL") == 1
    declined = await trial.count("assessments", "declined_at IS NOT NULL") > 0
    stopped = await trial.count("statuses", "status = 'stopped_questionnaires'") > 0
    assert declined is not stopped


async def test_a_call_closed_twice_by_one_person_says_what_came_of_it(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    call = await make_call(trial)
    path = f"/desk/calls/{call}/close"
    _, html = await page(desk, f"/desk/calls/{call}")
    await press(desk, html, path, outcome="declined", note="not this time")
    status, again = await press(desk, html, path, outcome="reached", note="rang her")
    assert (status, said(again)) == (200, "You closed this call to K-001 already: Not this time.")
    async with browsing(trial.server) as second:
        await sign_in(second, "ivo")
        _, other = await page(second)
        form = re.search(r'name="form" value="([^"]+)"', other)
        assert form is not None
        sent = {"form": form[1], "outcome": "reached", "note": "rang her"}
        async with second.post(path, data=sent) as answer:
            assert answer.status == 409
            told = await answer.text()
    assert "This has been done already" in told
    assert re.search(
        r"anna closed this call to K-001 before you, [^:]+:\d\d: Not this time\.", told
    )
    # What was typed is there to be copied, and kept nowhere.
    assert re.search(r"<textarea[^>]* readonly>rang her</textarea>", told)


async def test_the_number_is_shown_on_a_click_which_is_recorded_and_nowhere_else(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    call = await make_call(trial)
    number = phone(1)
    for path in ("/desk", f"/desk/calls/{call}", "/desk/participants/K-001", "/desk/calls/print"):
        _, html = await page(desk, path)
        assert number not in html
        assert number[-6:] not in html
    assert await trial.count("number_showings") == 0
    _, html = await page(desk, f"/desk/calls/{call}")
    shown = f"/desk/calls/{call}/number"
    status, with_number = await press(desk, html, shown)
    assert status == 200
    assert number in with_number
    _, html = await page(desk, "/desk/participants/K-001")
    form = re.search(r'name="form" value="([^"]+)"', html)
    assert form is not None
    async with desk.post("/desk/participants/K-001/number", data={"form": form[1]}) as answer:
        assert answer.status == 200
        assert answer.headers["Cache-Control"] == "no-store"
        assert number not in str(answer.url)
        assert number in await answer.text()
    rows = "SELECT actor, call_id, contacts FROM number_showings ORDER BY id"
    assert await trial.fetch(rows) == [(CALLED, call, 1), (CALLED, None, 1)]
    audited = "SELECT count(*) FROM audit_entries WHERE table_name = 'number_showings'"
    assert await trial.fetchval(audited) == 2


async def test_the_printed_list_names_no_number_unless_it_is_asked_for_and_recorded(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await make_call(trial)
    _, html = await page(desk, "/desk/calls/print")
    assert "K-001" in html
    assert "The reminders stayed unanswered" in html
    status, html = await press(desk, html, "/desk/calls/print")
    assert status == 200
    assert phone(1) in html
    assert await trial.fetch("SELECT actor FROM number_showings") == [(CALLED,)]


async def test_a_call_that_is_closed_has_no_page_any_more(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    call = await make_call(trial)
    await close(desk, call, "not_needed")
    assert (await page(desk, f"/desk/calls/{call}"))[0] == 404
    assert (await page(desk, "/desk/calls/nothing"))[0] == 404
