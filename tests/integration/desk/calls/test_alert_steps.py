"""An alert in three steps (R9): who takes them, what each writes, and two people at once."""

from __future__ import annotations

import asyncio
import csv
import io
import re
from collections.abc import AsyncIterator
from uuid import UUID

import aiohttp
import asyncpg
import pytest
from aiohttp.test_utils import TestServer

from tests.integration.desk.person.sheets import said
from tests.support.desk import (
    page,
    press,
    seed_alert,
    seed_line,
    seed_staff,
    seed_text,
    sign_in,
)
from tests.support.record.words import spoken
from tests.support.seed import SeededParticipant, SeededStudy
from tests.support.web import browsing


@pytest.fixture
async def physician(
    study: SeededStudy, participant: SeededParticipant, server: TestServer
) -> AsyncIterator[aiohttp.ClientSession]:
    """A browser in which an investigator is signed in."""
    await seed_staff(study, "ivo", role="investigator")
    async with browsing(server) as browser:
        await sign_in(browser, "ivo")
        yield browser


@pytest.fixture
async def alert(participant: SeededParticipant) -> UUID:
    """An urgent alert nobody has seen."""
    return await seed_alert(
        participant, participant.assessments["baseline", "pain-nrs", "left_knee"]
    )


async def assess(
    browser: aiohttp.ClientSession, alert: UUID, html: str | None = None, **fields: str
) -> int:
    """Assess an alert by the form of the first page; the status of what follows."""
    if html is None:
        _, html = await page(browser)
    filled = {"verdict": "ae", "reference": "AE-014", "told": "to come today"} | fields
    status, _ = await press(browser, html, f"/desk/alerts/{alert}/assessed", **filled)
    return status


async def close(browser: aiohttp.ClientSession, alert: UUID, html: str) -> int:
    status, _ = await press(browser, html, f"/desk/alerts/{alert}/closed", action="swelling gone")
    return status


async def test_what_somebody_had_seen_names_them_and_is_nobody_elses_to_undo(
    desk: aiohttp.ClientSession,
    physician: aiohttp.ClientSession,
    participant: SeededParticipant,
    alert: UUID,
) -> None:
    _, theirs = await page(physician)
    _, html = await page(desk)
    _, mine = await press(desk, html, f"/desk/alerts/{alert}/seen")
    assert f"/desk/alerts/{alert}/seen/undo" in mine
    _, told = await press(physician, theirs, f"/desk/alerts/{alert}/seen")
    assert "anna had seen the alert of" in told
    assert f"/desk/alerts/{alert}/seen/undo" not in told
    assert "It is recorded that you have seen" not in told
    _, theirs = await page(desk, f"/desk/participants/{participant.code}")
    assert "1 open alert<" in theirs


async def test_seen_assessed_and_closed_are_three_steps_in_the_record(
    desk: aiohttp.ClientSession,
    physician: aiohttp.ClientSession,
    participant: SeededParticipant,
    alert: UUID,
    owner: asyncpg.Connection,
) -> None:
    _, html = await page(desk)
    await press(desk, html, f"/desk/alerts/{alert}/seen")
    _, html = await page(physician)
    assert f"/desk/alerts/{alert}/closed" not in html
    assert await assess(physician, alert) == 200
    _, html = await page(physician)
    assert "Adverse event, AE-014 in the log: assessed by ivo" in html
    assert await close(physician, alert, html) == 200
    row = await owner.fetchrow("SELECT seen_by, acted_by, action FROM pro.alerts")
    assert row is not None
    assert (row["seen_by"], row["acted_by"]) == ("staff:anna", "staff:ivo")
    assert await spoken(owner, participant.study.context, row["action"]) == "swelling gone"
    said = await owner.fetchrow("SELECT verdict, reference, told, actor FROM pro.alert_assessments")
    assert said is not None
    assert (said["verdict"], said["reference"], said["actor"]) == ("ae", "AE-014", "staff:ivo")
    assert await spoken(owner, participant.study.context, said["told"]) == "to come today"
    _, html = await page(desk, "/desk/participants/P-001")
    for part in ("Alert seen", "Alert assessed: Adverse event, AE-014", "Alert closed"):
        assert part in html
    for words in ("to come today", "swelling gone"):
        assert words in html


async def test_a_coordinator_sees_the_assessment_and_has_no_form_for_it(
    desk: aiohttp.ClientSession, alert: UUID, owner: asyncpg.Connection
) -> None:
    _, html = await page(desk)
    assert f"/desk/alerts/{alert}/seen" in html
    assert f"/desk/alerts/{alert}/assessed" not in html
    form = re.search(r'name="form" value="([^"]+)"', html)
    assert form is not None
    sent = {"form": form[1], "verdict": "no_ae", "told": "nothing", "action": "x"}
    for step in ("assessed", "closed"):
        async with desk.post(f"/desk/alerts/{alert}/{step}", data=sent) as answer:
            assert answer.status == 403
    assert await owner.fetchval("SELECT count(*) FROM pro.alert_assessments") == 0


async def test_an_event_is_closed_once_its_reference_is_there(
    physician: aiohttp.ClientSession, alert: UUID, owner: asyncpg.Connection
) -> None:
    assert await assess(physician, alert, verdict="sae", reference="") == 200
    _, html = await page(physician)
    assert "Its reference in the site&#39;s log is missing" in html
    assert f"/desk/alerts/{alert}/closed" not in html
    form = re.search(r'name="form" value="([^"]+)"', html)
    assert form is not None
    sent = {"form": form[1], "action": "x"}
    async with physician.post(f"/desk/alerts/{alert}/closed", data=sent) as answer:
        assert answer.status == 409
        assert "It cannot be closed yet" in await answer.text()
    assert await assess(physician, alert, verdict="sae", reference="SAE 3/2026") == 200
    _, html = await page(physician)
    assert await close(physician, alert, html) == 200
    rows = await owner.fetch("SELECT verdict, reference FROM pro.alert_assessments ORDER BY id")
    assert [tuple(one) for one in rows] == [("sae", None), ("sae", "SAE 3/2026")]


@pytest.mark.parametrize(
    "fields",
    [
        {"verdict": ""},
        {"verdict": "maybe"},
        {"told": " "},
        {"reference": "Mr Wang, hospital; he said"},
        {"verdict": "no_ae", "reference": "AE-014"},
    ],
)
async def test_what_is_no_assessment_is_refused_with_words_and_writes_nothing(
    physician: aiohttp.ClientSession,
    alert: UUID,
    owner: asyncpg.Connection,
    fields: dict[str, str],
) -> None:
    assert await assess(physician, alert, **fields) == 422
    assert await owner.fetchval("SELECT count(*) FROM pro.alert_assessments") == 0
    assert await owner.fetchval("SELECT seen_at FROM pro.alerts") is None


async def test_two_investigators_who_assess_at_once_do_not_overrule_each_other(
    study: SeededStudy,
    physician: aiohttp.ClientSession,
    server: TestServer,
    alert: UUID,
    owner: asyncpg.Connection,
) -> None:
    await seed_staff(study, "eva", role="investigator")
    async with browsing(server) as second:
        await sign_in(second, "eva")
        (_, first_page), (_, second_page) = await page(physician), await page(second)
        found = await asyncio.gather(
            assess(physician, alert, first_page, verdict="no_ae", reference=""),
            assess(second, alert, second_page, verdict="sae"),
        )
    assert sorted(found) == [200, 409]
    assert await owner.fetchval("SELECT count(*) FROM pro.alert_assessments") == 1


async def test_an_alert_assessed_or_closed_twice_by_one_person_says_so_to_them(
    physician: aiohttp.ClientSession, alert: UUID, owner: asyncpg.Connection
) -> None:
    _, first = await page(physician)
    filled = {"verdict": "ae", "reference": "AE-014", "told": "to come today"}
    path = f"/desk/alerts/{alert}"
    await press(physician, first, f"{path}/assessed", **filled)
    status, html = await press(physician, first, f"{path}/assessed", **filled)
    assert (status, said(html)) == (200, "You assessed this alert of P-001 already: Adverse event.")
    _, second = await page(physician)
    await press(physician, second, f"{path}/closed", action="swelling gone")
    status, html = await press(physician, second, f"{path}/closed", action="swelling gone")
    assert (status, said(html)) == (200, "You closed this alert of P-001 already.")
    assert await owner.fetchval("SELECT count(*) FROM pro.alert_assessments") == 1


async def test_what_was_acted_on_before_there_were_three_steps_stays_what_it_is(
    desk: aiohttp.ClientSession, alert: UUID, owner: asyncpg.Connection
) -> None:
    await owner.execute(
        "UPDATE pro.alerts SET acted_at = pro.now(), acted_by = 'staff:old', action = 'rang'"
    )
    _, html = await page(desk)
    assert 'id="alerts"' not in html
    _, html = await page(desk, "/desk/participants/P-001")
    assert "Alert acted on (before there were three steps)" in html


async def test_an_assessment_is_never_changed_or_removed(
    physician: aiohttp.ClientSession, alert: UUID, owner: asyncpg.Connection
) -> None:
    await assess(physician, alert)
    for statement in (
        "UPDATE pro.alert_assessments SET verdict = 'sae'",
        "DELETE FROM pro.alert_assessments",
    ):
        with pytest.raises(asyncpg.PostgresError):
            await owner.execute(statement)
    audited = "SELECT actor FROM pro.audit_entries WHERE table_name = 'alert_assessments'"
    assert await owner.fetchval(audited) == "staff:ivo"


async def test_the_weekly_list_sets_alerts_against_the_log_and_the_unmatched_stand_first(
    desk: aiohttp.ClientSession,
    physician: aiohttp.ClientSession,
    participant: SeededParticipant,
    alert: UUID,
    owner: asyncpg.Connection,
) -> None:
    await assess(physician, alert)
    other = await seed_alert(participant, participant.assessments["baseline", "pga", "person"])
    await owner.execute(
        "UPDATE pro.alerts SET raised_at = raised_at - interval '40 days' WHERE id = $1", other
    )
    _, html = await page(desk, "/desk/alerts")
    listed = html.partition('id="alerts"')[2]
    assert "1 of 2 unmatched" in listed
    assert listed.index("to assess") < listed.index("Adverse event, AE-014")
    # A week later the one that is matched is off the list, and the other is still there.
    later = (await owner.fetchval("SELECT pro.now()::date + 14")).isoformat()
    _, html = await page(desk, f"/desk/alerts?week={later}")
    assert "1 of 1 unmatched" in html
    assert "AE-014" not in html


async def test_the_weekly_list_comes_as_a_table_with_codes_and_no_words(
    desk: aiohttp.ClientSession, physician: aiohttp.ClientSession, alert: UUID
) -> None:
    await assess(physician, alert, told="to come today")
    async with desk.get("/desk/alerts.csv") as answer:
        assert answer.status == 200
        assert answer.content_type == "text/csv"
        rows = list(csv.DictReader(io.StringIO((await answer.read()).decode("utf-8-sig"))))
    assert [(one["participant"], one["verdict"], one["reference"]) for one in rows] == [
        ("P-001", "ae", "AE-014")
    ]
    assert rows[0]["assessed_by"] == "staff:ivo"
    assert "to come today" not in str(rows)


async def test_a_text_with_a_signs_word_and_no_alert_is_in_the_weekly_list(
    desk: aiohttp.ClientSession, participant: SeededParticipant, owner: asyncpg.Connection
) -> None:
    line = await seed_line(participant)
    text = await seed_text(participant, line, "the hot-water bottle helps")
    assert "None in this week" in (await page(desk, "/desk/alerts"))[1]
    await owner.execute("UPDATE pro.inbounds SET urgent = true WHERE id = $1", text)
    _, html = await page(desk, "/desk/alerts")
    assert "not yet" in html.partition('id="reports"')[2]
    assert "hot-water" not in html
