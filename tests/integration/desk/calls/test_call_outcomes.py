"""What came of a call is acted upon as it is closed: numbers, rests, alerts, tasks that stay."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from uuid import UUID

import aiohttp
import pytest

from pro_service.domain.delivery.addresses import phone as phone_address
from pro_service.domain.delivery.contacts import Agreed
from pro_service.domain.study.facts import Status
from pro_service.services.calling import escalate
from pro_service.services.study.staff import make_staff
from pro_service.services.texting import contacts, numbers
from pro_service.store.ids import new_id
from tests.support.begun import begun_by
from tests.support.databases import Prepared
from tests.support.desk import PASSWORD, page, press, sign_in
from tests.support.study import ACTOR, STARTED_AT, Left, Trial, go_on_with, open_trial, phone, row
from tests.support.web import browsing

PAGE = "/desk/participants/K-001"


async def begin_trial(running: Trial) -> None:
    """A participant who has been asked something by text, and a coordinator."""
    await running.enrol(row("K-001"))
    await running.ask()
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


async def make_call(trial: Trial, reason: str, code: str = "K-001") -> UUID:
    """A call to be made that hangs on no visit."""
    call_id = new_id()
    await trial.owner_does(
        "INSERT INTO pro.call_tasks (study_id, id, participant_id, reason, created_at, actor)"
        " VALUES ($1, $2, $3, $4, pro.now(), 'test')",
        trial.study_id,
        call_id,
        trial.participants[code],
        reason,
    )
    return call_id


async def close(
    desk: aiohttp.ClientSession, outcome: str, *, call: UUID | None = None, **fields: str
) -> tuple[int, str]:
    """Close a call (None: the first on the participant's page) by the form of its own page."""
    if call is None:
        _, html = await page(desk, PAGE)
        call = UUID(re.findall(r'href="/desk/calls/([0-9a-f-]{36})', html)[0])
    _, html = await page(desk, f"/desk/calls/{call}")
    path = f"/desk/calls/{call}/close"
    return await press(desk, html, path, outcome=outcome, note="rang there", **fields)


async def open_calls(trial: Trial, code: str = "K-001") -> list[str]:
    return [
        reason
        for (reason,) in await trial.fetch(
            "SELECT reason FROM call_tasks WHERE closed_at IS NULL AND participant_id = $1"
            " ORDER BY reason",
            trial.participants[code],
        )
    ]


async def outcomes(trial: Trial) -> list[str]:
    return [
        outcome.partition(":")[0]
        for (outcome,) in await trial.fetch(
            "SELECT outcome FROM call_tasks WHERE closed_at IS NOT NULL ORDER BY id"
        )
    ]


async def test_a_wrong_number_rests_and_the_task_to_find_the_right_one_stays(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    """N2: two more texts about the knee went to the number staff had found to be wrong."""
    await make_call(trial, "nudges_unanswered")
    status, _ = await close(desk, "wrong_number")
    assert status == 200
    assert await open_calls(trial) == ["find_number"]
    assert (await trial.facts("K-001")).reach.why_not == "wrong_number"
    before = len(await trial.texts("K-001"))
    await trial.ask()
    assert len(await trial.texts("K-001")) == before
    assert await trial.fetchval("SELECT count(*) FROM conversations WHERE closed_at IS NULL") == 0
    audited = await trial.fetch(
        "SELECT actor, reason FROM audit_entries WHERE table_name = 'contact_points'"
        " AND operation = 'UPDATE'"
    )
    assert [(actor, reason[:5]) for actor, reason in audited] == [("staff:anna", "note:")]
    # Ringing there again does not find the number: the task stays, and says what ends it.
    for outcome in ("no_answer", "reached", "other"):
        await close(desk, outcome)
        assert await open_calls(trial) == ["find_number"]
    _, html = await page(desk, PAGE)
    call = re.findall(r'href="(/desk/calls/[0-9a-f-]{36})', html)[0]
    ends = "This task ends by itself once another number has been entered"
    assert ends in (await page(desk, call))[1]
    assert html.count("A number was somebody else&#39;s") == 2  # to do, and once in the log
    await close(desk, "not_needed")
    assert await open_calls(trial) == []


async def test_the_form_asks_whose_telephone_was_rung_where_there_are_several(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    """N2: only the number that was rung rests, and the others are tried."""
    agreed = Agreed(may_be_texted=True, may_be_told=True, agreed_on=STARTED_AT.date())
    wife = contacts.Newcomer(
        phone_address(phone(70)), "spouse", agreed, participant_agreed_on=STARTED_AT.date()
    )
    await contacts.add_contact(trial.who("K-001"), wife, ACTOR, "the wife agreed")
    await numbers.confirm_by_staff(trial.who("K-001"), ACTOR, "rang her", which=2)
    call = await make_call(trial, "nudges_unanswered")
    status, _ = await close(desk, "wrong_number", call=call)
    assert status == 422
    status, _ = await close(desk, "wrong_number", call=call, contact=str(new_id()))
    assert status == 422
    assert await open_calls(trial) == ["nudges_unanswered"]
    _, html = await page(desk, f"/desk/calls/{call}")
    choices = re.findall(r'<option value="([0-9a-f-]{36})"', html)
    facts = await trial.facts("K-001")
    assert choices == [str(one.id) for one, _ in facts.reach.each]
    await close(desk, "wrong_number", call=call, contact=choices[0])
    found = (await trial.facts("K-001")).reach
    assert found.each[0][1] == "wrong_number"
    assert found.contact is not None
    assert found.contact.relation == "spouse"


async def test_a_number_rung_that_two_share_rests_for_both(database_url: str) -> None:
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001", phone=phone(1)), row("K-002", phone=phone(1)))
        await make_staff(
            trial.operator,
            trial.study_id,
            login="anna",
            password=PASSWORD,
            site="BJ01",
            role="coordinator",
            actor=ACTOR,
        )
        await make_call(trial, "nudges_unanswered")
        async with browsing(trial.server) as browser:
            await sign_in(browser)
            await close(browser, "wrong_number")
        for code in ("K-001", "K-002"):
            assert (await trial.facts(code)).reach.why_not == "wrong_number"
            assert await open_calls(trial, code) == ["find_number"]


async def test_reached_confirms_the_number_that_waited_and_nothing_else_does(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    """N4: it was closed as reached, nothing was confirmed, and later reminders ended silently."""
    await numbers.change_number(trial.who("K-001"), phone(60), ACTOR, "another telephone")
    for outcome in ("no_answer", "other"):
        await close(desk, outcome)
        assert await open_calls(trial) == ["confirm_number"]
        assert (await trial.facts("K-001")).reach.why_not == "number_unconfirmed"
    await close(desk, "reached")
    assert await open_calls(trial) == []
    assert (await trial.facts("K-001")).reach.why_not is None
    verified = "SELECT verified_by FROM contact_points WHERE verified_at IS NOT NULL"
    assert await trial.fetchval(verified) == "staff:anna"
    assert await outcomes(trial) == ["no_answer", "other", "reached"]
    await trial.ask()
    assert len(await trial.provider.texts_of(phone(60))) == 1


async def test_reached_by_another_telephone_leaves_the_number_to_be_confirmed(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    agreed = Agreed(may_be_texted=True, may_be_told=True, agreed_on=STARTED_AT.date())
    wife = contacts.Newcomer(
        phone_address(phone(70)), "spouse", agreed, participant_agreed_on=STARTED_AT.date()
    )
    await contacts.add_contact(trial.who("K-001"), wife, ACTOR, "the wife agreed")
    first, second = [one for one, _ in (await trial.facts("K-001")).reach.each]
    await close(desk, "reached", contact=str(first.id))
    assert await open_calls(trial) == ["confirm_number"]
    await close(desk, "reached", contact=str(second.id))
    assert await open_calls(trial) == []


async def test_a_number_to_confirm_that_is_somebody_elses_is_one_to_find(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await numbers.change_number(trial.who("K-001"), phone(60), ACTOR, "another telephone")
    await close(desk, "wrong_number")
    assert await open_calls(trial) == ["find_number"]
    assert await outcomes(trial) == ["wrong_number"]


async def test_a_rest_asked_for_is_a_pause_and_ends_by_itself(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    await trial.status("K-001", Status.active)
    call = await make_call(trial, "nudges_unanswered")
    # It is about no visit: there is nothing to decline.
    status, html = await close(desk, "declined", call=call)
    assert (status, "Only a call about a visit has this outcome." in html) == (422, True)
    await close(desk, "rest")
    said = "SELECT status, actor FROM statuses WHERE actor LIKE 'staff:%' ORDER BY id"
    assert await trial.fetch(said) == [("paused", "staff:anna"), ("active", "staff:anna")]


@pytest.mark.parametrize(
    ("outcome", "rule", "word"),
    [
        ("died", "death_reported", "Death reported"),
        ("hospital", "hospital_reported", "Hospital stay reported"),
        ("harmed", "harm_reported", "Fall, operation or another injection reported"),
    ],
)
async def test_a_death_or_a_hospital_heard_of_opens_an_urgent_alert(
    trial: Trial, desk: aiohttp.ClientSession, outcome: str, rule: str, word: str
) -> None:
    await trial.status("K-001", Status.active)
    await make_call(trial, "nudges_unanswered")
    await close(desk, outcome)
    alerts = "SELECT rule, severity, actor, assessment_id FROM alerts"
    assert await trial.fetch(alerts) == [(rule, "urgent", "staff:anna", None)]
    _, html = await page(desk)
    assert word in html
    paused = await trial.count("statuses", "status = 'paused'")
    assert paused == (1 if outcome == "died" else 0)
    before = len(await trial.texts("K-001"))
    await trial.ask()
    assert (len(await trial.texts("K-001")) == before) is (outcome == "died")


async def test_a_call_about_an_alert_stays_until_somebody_was_reached(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    """The task stays, wanted since as long, and each try is kept with its words."""
    await make_call(trial, "alert_unseen")
    since = await trial.fetchval("SELECT created_at FROM call_tasks")
    await close(desk, "no_answer")
    await close(desk, "no_answer")
    assert await open_calls(trial) == ["alert_unseen"]
    again = await trial.fetch("SELECT created_at FROM call_tasks WHERE closed_at IS NULL")
    assert again == [(since,)]
    await close(desk, "reached")
    assert await open_calls(trial) == []
    assert await outcomes(trial) == ["no_answer", "no_answer", "reached"]


async def raise_alert(trial: Trial) -> UUID:
    alert_id = new_id()
    await trial.owner_does(
        "INSERT INTO pro.alerts (study_id, id, participant_id, rule, severity, raised_at, actor)"
        " VALUES ($1, $2, $3, 'warning_sign', 'urgent', pro.now(), 'test')",
        trial.study_id,
        alert_id,
        trial.participants["K-001"],
    )
    return alert_id


async def test_assessing_the_last_alert_closes_the_calls_about_alerts(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    """N3: the call "an urgent alert has not been seen" stayed for ever."""
    await make_staff(
        trial.operator,
        trial.study_id,
        login="ivo",
        password=PASSWORD,
        site="BJ01",
        role="investigator",
        actor=ACTOR,
    )
    first, second = await raise_alert(trial), await raise_alert(trial)
    who = trial.who("K-001")
    async with trial.pools.worker.acquire() as worker:
        await escalate(worker, trial.context, who.study_id, who.participant_id)
    assert await open_calls(trial) == ["alert_unseen"]
    async with browsing(trial.server) as physician:
        await sign_in(physician, "ivo")
        for alert, left in ((first, ["alert_unseen"]), (second, [])):
            _, html = await page(physician)
            path = f"/desk/alerts/{alert}/assessed"
            status, _ = await press(physician, html, path, verdict="no_ae", told="to ring")
            assert status == 200
            assert await open_calls(trial) == left
    assert await trial.fetch("SELECT outcome, closed_by FROM call_tasks") == [
        ("alert assessed", "staff:ivo")
    ]
    _, html = await page(desk, PAGE)
    assert "the alert was assessed" in html


async def test_calls_about_alerts_stand_first_in_the_list(
    trial: Trial, desk: aiohttp.ClientSession
) -> None:
    """N3: they were sorted last, for they close at no time."""
    for reason in ("bad_number", "safety_unanswered", "alert_unseen"):
        await make_call(trial, reason)
    _, html = await page(desk)
    section = html.partition('id="calls"')[2].partition("</section>")[0]
    said = re.findall(r'class="what">([^<]+)<', section)
    assert said == [
        "An urgent alert has not been seen",
        "The safety check is unanswered",
        "The provider says that nothing reaches this number",
    ]
