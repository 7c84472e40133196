"""Beside the list of work: the week that comes, and what changed since one was last here."""

from __future__ import annotations

import re
from datetime import timedelta

import aiohttp
import asyncpg

from pro_service.store.ids import new_id
from pro_service.store.pools import Pools
from tests.integration.sittings import Sitter
from tests.support.desk import (
    page,
    seed_line,
    seed_opt_out,
    seed_staff,
    sign_in,
)
from tests.support.seed import SeededParticipant, SeededStudy, seed_participant, seed_visit

PAIN = (("pain-nrs", "left_knee"),)
DAY = timedelta(days=1)
ROW = re.compile(r'<li><span><a class="code" href="([^"]*)">([^<]*)</a>(.*?)</li>', re.S)


def section(text: str, name: str) -> str:
    """One panel of a page."""
    return text.partition(f'id="{name}"')[2].partition("</section>")[0]


def codes(text: str, name: str) -> list[str]:
    """Who is named in a panel."""
    return [code for _, code, _ in ROW.findall(section(text, name))]


async def clinic_visit(
    study: SeededStudy, code: str, opens: timedelta, definition: str = "month_6"
) -> SeededParticipant:
    """Somebody whose visit has its target day where it opens."""
    made = await seed_participant(study, code=code, personal_code=f"A23456{code[-1]}")
    await seed_visit(made, definition, asks=PAIN, opens=opens, closes=opens + 30 * DAY)
    return made


async def test_the_week_names_who_comes_and_what_opens_and_closes(
    study: SeededStudy, desk: aiohttp.ClientSession
) -> None:
    await clinic_visit(study, "P-001", 2 * DAY)
    await clinic_visit(study, "P-002", 8 * DAY)
    await clinic_visit(study, "P-003", 3 * DAY, definition="month_2")
    owing = await seed_participant(study, code="P-004", personal_code="A234564")
    await seed_visit(owing, "month_2", asks=PAIN, opens=-20 * DAY, closes=4 * DAY)
    later = await seed_participant(study, code="P-005", personal_code="A234565")
    await seed_visit(later, "month_2", asks=PAIN, opens=-20 * DAY, closes=8 * DAY)
    _, text = await page(desk)
    # Month 6 has an image to be taken; of Month 2 nobody comes.
    assert codes(text, "clinic") == ["P-001"]
    assert "answers still owed" not in section(text, "clinic")
    week = section(text, "week")
    assert re.findall(r'href="([^"]*)">(\d+)<', week) == [
        ("/desk/week#closes", "1"),
        ("/desk/week#opens", "2"),
    ]
    _, text = await page(desk, "/desk/week")
    assert codes(text, "closes") == ["P-004"]
    assert codes(text, "opens") == ["P-001", "P-003"]
    assert 'href="/desk/participants/P-004#month_2-1"' in text


async def test_whoever_comes_and_owes_answers_is_marked(
    study: SeededStudy, desk: aiohttp.ClientSession
) -> None:
    made = await clinic_visit(study, "P-001", 2 * DAY)
    await seed_visit(made, "month_2", asks=PAIN, closes=20 * DAY)
    _, text = await page(desk)
    assert "answers still owed" in section(text, "clinic")


async def plan(study: SeededStudy, one: SeededParticipant, kind: str, days: int) -> None:
    """An event planned so many days from today, where they live."""
    await study.owner.execute(
        "INSERT INTO pro.events (study_id, id, participant_id, kind, planned_on, actor)"
        " SELECT $1, $2, p.id, $4, (pro.now() AT TIME ZONE p.zone)::date + $5::integer, 'cli:test'"
        " FROM pro.participants AS p WHERE p.id = $3",
        study.id,
        new_id(),
        one.id,
        kind,
        days,
    )


async def test_what_is_planned_without_a_visit_stands_among_who_comes(
    study: SeededStudy, owner: asyncpg.Connection, desk: aiohttp.ClientSession
) -> None:
    """An injection is no visit until it has happened; what is owed before it is said (R24)."""
    await clinic_visit(study, "P-001", 2 * DAY)
    injected = await seed_participant(study, code="P-002", personal_code="A234562")
    await seed_visit(injected, "baseline", asks=PAIN, closes=5 * DAY)
    await plan(study, injected, "injection", 1)
    moved = await seed_participant(study, code="P-003", personal_code="A234563")
    await plan(study, moved, "injection", 3)
    await plan(study, moved, "injection", 20)
    for code, days in (("P-004", 0), ("P-005", 6), ("P-006", 7), ("P-007", -1)):
        other = await seed_participant(study, code=code, personal_code=f"A23456{code[-1]}")
        await plan(study, other, "screening", days)
    for path in ("/desk", "/desk/week"):
        _, text = await page(desk, path)
        assert codes(text, "clinic") == ["P-004", "P-002", "P-001", "P-005"], path
        assert "Injection, planned" in section(text, "clinic")
        assert section(text, "clinic").count("answers still owed") == 1
    assert "print this page" in text
    # On paper: a table for each day, and what is to be done before whom it is about is seen.
    status, text = await page(desk, "/desk/week/print")
    assert (status, 'href="/desk/week/print"' in text) == (200, False)
    tables = text.split("<h2>")[1:]
    assert [re.findall(r"/participants/([^\"#]+)", one) for one in tables] == [
        [code] for code in ("P-004", "P-002", "P-001", "P-005")
    ]
    assert ["answers still owed" in one for one in tables] == [False, True, False, False]
    assert ["nothing is owed" in one for one in tables] == [True, False, True, True]
    await owner.execute(
        "INSERT INTO pro.events (study_id, id, participant_id, kind, occurred_at, actor)"
        " VALUES ($1, $2, $3, 'injection', pro.now(), 'cli:test')",
        study.id,
        new_id(),
        injected.id,
    )
    _, text = await page(desk, "/desk/week")
    assert "P-002" not in codes(text, "clinic")


async def test_who_left_is_in_no_list_of_the_week(
    study: SeededStudy, owner: asyncpg.Connection, desk: aiohttp.ClientSession
) -> None:
    gone = await clinic_visit(study, "P-001", 2 * DAY)
    asked_no_more = await clinic_visit(study, "P-002", 2 * DAY)
    for one, status in ((gone, "withdrew_follow_up"), (asked_no_more, "stopped_questionnaires")):
        await owner.execute(
            "INSERT INTO pro.statuses (study_id, id, participant_id, status, effective_at, reason,"
            " actor) VALUES ($1, $2, $3, $4, pro.now(), 'test', 'cli:test')",
            study.id,
            new_id(),
            one.id,
            status,
        )
    _, text = await page(desk)
    # Who only stopped questionnaires still comes to the hospital.
    assert codes(text, "clinic") == ["P-002"]
    assert 'id="week"' not in text


async def test_what_changed_is_counted_since_the_session_before(
    study: SeededStudy,
    participant: SeededParticipant,
    pools: Pools,
    owner: asyncpg.Connection,
    desk: aiohttp.ClientSession,
) -> None:
    sitter = Sitter(participant, pools)
    await sitter.answer(dict.fromkeys(sitter.items, 3), send=True)
    await page(desk)
    # Nobody was here before: nothing to compare with.
    assert 'id="since"' not in (await page(desk))[1]
    await owner.execute("UPDATE pro.staff_sessions SET seen_study_at = pro.now()")
    await sign_in(desk)
    assert "Nothing has changed." in section((await page(desk))[1], "since")
    other = await seed_participant(study, code="P-002", personal_code="A234562")
    await seed_visit(other, "week_2", asks=PAIN, opens=-DAY, closes=DAY / 24)
    more = Sitter(await answering(study, "P-003"), pools)
    await more.answer(dict.fromkeys(more.items, 3), send=True)
    await seed_opt_out(participant, await seed_line(participant))
    # The session ends here; what comes after is new to the next.
    await owner.execute("SELECT pro.move_clock(pro.now() + interval '2 hours')")
    await sign_in(desk)
    _, text = await page(desk)
    assert re.findall(r'href="/desk/since#(\w+)">(\d+)<', section(text, "since")) == [
        ("answered", "1"),
        ("unanswered", "1"),
        ("stopped", "1"),
    ]
    _, text = await page(desk, "/desk/since")
    assert codes(text, "answered") == ["P-003"]
    assert codes(text, "unanswered") == ["P-002"]
    assert codes(text, "stopped") == ["P-001"]
    # A colleague has a last time of their own.
    await seed_staff(study, "bo")
    await sign_in(desk, "bo")
    assert 'id="since"' not in (await page(desk))[1]
    assert "Nothing has changed." in (await page(desk, "/desk/since"))[1]


async def answering(study: SeededStudy, code: str) -> SeededParticipant:
    """Somebody who is asked WOMAC at baseline."""
    made = await seed_participant(study, code=code, personal_code=f"A23456{code[-1]}")
    await seed_visit(made, asks=(("womac-nrs-3.1", "left_knee"),))
    return made
