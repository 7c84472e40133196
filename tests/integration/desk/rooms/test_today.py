"""Today: one list of work, most urgent first; what is begun and not sent; what it costs."""

from __future__ import annotations

import re
from datetime import timedelta

import aiohttp
import asyncpg
import pytest

from pro_service.services import rounds
from pro_service.services.desk.today import lists
from pro_service.services.study.staff import make_staff
from pro_service.store.ids import new_id
from pro_service.store.pools import Pools
from tests.integration.sittings import Sitter
from tests.support.desk import (
    PASSWORD,
    close_call,
    page,
    seed_alert,
    seed_call,
    seed_line,
    seed_site,
    seed_staff,
    seed_text,
    sign_in,
)
from tests.support.seed import ACTOR, SeededParticipant, SeededStudy, seed_participant, seed_visit
from tests.support.statements import statements

WOMAC = (("womac-nrs-3.1", "left_knee"),)
ORDER = re.compile(r'<section id="(\w+)">')
DAY = timedelta(days=1)


def section(text: str, name: str) -> str:
    """One section of Today."""
    return text.partition(f'id="{name}"')[2].partition("</section>")[0]


async def sitter(study: SeededStudy, pools: Pools, code: str, closes: timedelta) -> Sitter:
    """Somebody who is asked WOMAC alone, until then."""
    personal = f"A23456{code[-1]}"
    made = await seed_participant(study, code=code, personal_code=personal)
    await seed_visit(made, asks=WOMAC, closes=closes)
    return Sitter(made, pools)


async def test_what_is_answered_and_not_sent_and_what_is_answered_in_part_stand_apart(
    study: SeededStudy, pools: Pools, owner: asyncpg.Connection, desk: aiohttp.ClientSession
) -> None:
    whole = await sitter(study, pools, "P-001", 9 * DAY)
    part = await sitter(study, pools, "P-002", 2 * DAY)
    sooner = await sitter(study, pools, "P-003", DAY)
    sent = await sitter(study, pools, "P-004", DAY)
    await whole.answer(dict.fromkeys(whole.items, 3))
    await part.answer({part.items[0]: 9})
    await sooner.answer({part.items[0]: None, part.items[1]: 3})
    await sent.answer(dict.fromkeys(whole.items, 3), send=True)
    _, text = await page(desk)
    codes = re.compile(r'class="code" href="[^"]*#baseline-1">([^<]*)<')
    assert codes.findall(section(text, "unsent")) == ["P-001"]
    to_complete = section(text, "to_complete")
    assert codes.findall(to_complete) == ["P-003", "P-002"]
    assert "still to answer: Knee pain, stiffness and function (WOMAC NRS 3.1)" in to_complete
    assert "last answer " in to_complete
    assert "nothing tried yet" in to_complete
    assert 'href="/desk/participants/P-002/entry?visit=' in to_complete
    assert "&amp;instrument=womac-nrs-3.1&amp;target=" in to_complete
    assert 'href="#to_complete">To complete <strong>2</strong>' in text
    # Whoever is asked no more has nothing left to send.
    await seed_status(whole.participant, "withdrew_follow_up")
    assert 'id="unsent"' not in (await page(desk))[1]
    # Nor is anything to complete once the window has closed.
    await owner.execute("SELECT pro.move_clock(pro.now() + interval '3 days')")
    assert 'id="to_complete"' not in (await page(desk))[1]


async def test_a_visit_with_more_to_answer_is_not_only_to_be_sent(
    study: SeededStudy, participant: SeededParticipant, pools: Pools, desk: aiohttp.ClientSession
) -> None:
    """WOMAC is answered, pain and the global rating are not: it is to be completed."""
    one = Sitter(participant, pools)
    await one.answer(dict.fromkeys(one.items, 3))
    _, text = await page(desk)
    assert 'id="unsent"' not in text
    said = section(text, "to_complete")
    assert "still to answer: Knee pain over the past day, left knee; How you are overall" in said
    # Once somebody is to be called about it, it stands there and not twice.
    await seed_call(participant)
    _, text = await page(desk)
    assert ("P-001" in section(text, "calls"), 'id="to_complete"' in text) == (True, False)


async def test_the_number_above_a_list_is_right_however_few_of_it_are_read(
    study: SeededStudy, pools: Pools, desk: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "MOST_OF_A_LIST", 1)
    for code, closes in (("P-001", 2 * DAY), ("P-002", DAY), ("P-003", 3 * DAY)):
        one = await sitter(study, pools, code, closes)
        await one.answer({one.items[0]: 3})
    whole = await sitter(study, pools, "P-004", DAY)
    await whole.answer(dict.fromkeys(whole.items, 3))
    await rounds.closing_round(pools.worker, study.context)
    # Of who answers now nothing is kept yet: the record tells whether it is all they were asked.
    for code in ("P-005", "P-006"):
        one = await sitter(study, pools, code, 4 * DAY)
        await one.answer(dict.fromkeys(one.items, 3) if code == "P-006" else {one.items[0]: 3})
    _, text = await page(desk)
    assert 'href="#to_complete">To complete <strong>4</strong>' in text
    assert 'href="#unsent">Not sent <strong>2</strong>' in text
    codes = re.compile(r'class="code" href="[^"]*#baseline-1">([^<]*)<')
    assert codes.findall(section(text, "to_complete")) == ["P-002", "P-005"]
    assert codes.findall(section(text, "unsent")) == ["P-004", "P-006"]


async def test_another_sites_sittings_are_not_listed(
    study: SeededStudy, pools: Pools, owner: asyncpg.Connection, desk: aiohttp.ClientSession
) -> None:
    one = await sitter(study, pools, "P-001", DAY)
    await one.answer({one.items[0]: 3})
    assert 'id="to_complete"' in (await page(desk))[1]
    async with owner.transaction():
        await owner.execute("SELECT set_config('pro.reason', 'moved away', true)")
        await owner.execute("UPDATE pro.participant_sites SET valid_to = pro.now()")
    assert 'id="to_complete"' not in (await page(desk))[1]


async def test_the_call_an_alert_asks_for_stands_in_its_row(
    participant: SeededParticipant, owner: asyncpg.Connection, desk: aiohttp.ClientSession
) -> None:
    call = await seed_call(participant)
    await owner.execute("UPDATE pro.call_tasks SET reason = 'alert_unseen'")
    _, text = await page(desk)
    assert "An urgent alert has not been seen" in section(text, "calls")
    await seed_alert(participant, participant.assessments["baseline", "pain-nrs", "left_knee"])
    _, text = await page(desk)
    assert "An urgent alert has not been seen" in section(text, "alerts")
    assert 'id="calls"' not in text
    _, text = await close_call(desk, call, "reached", "Sees the doctor today")
    assert "What came of the call to P-001 is recorded." in text
    assert "An urgent alert has not been seen" not in text


async def test_a_call_says_what_was_tried_before(
    participant: SeededParticipant, desk: aiohttp.ClientSession
) -> None:
    first = await seed_call(participant)
    _, text = await page(desk)
    assert "nothing tried yet" in section(text, "calls")
    await close_call(desk, first, "not_needed", "rang twice")
    await seed_call(participant)
    _, text = await page(desk)
    said = section(text, "calls")
    assert re.search(r"calls: 1, the last [^<]*: No longer needed", said)
    assert "rang twice" not in said


async def test_a_text_that_warns_comes_before_calls_and_another_after_them(
    participant: SeededParticipant, owner: asyncpg.Connection, desk: aiohttp.ClientSession
) -> None:
    await seed_call(participant)
    await seed_text(participant, await seed_line(participant), "my calf is swollen")
    _, text = await page(desk)
    assert ORDER.findall(text)[:2] == ["calls", "texts"]
    await owner.execute("UPDATE pro.inbounds SET urgent = true")
    _, text = await page(desk)
    assert ORDER.findall(text)[:2] == ["texts", "calls"]


async def test_a_window_ends_in_the_participants_day_and_names_their_zone(
    participant: SeededParticipant, owner: asyncpg.Connection, desk: aiohttp.ClientSession
) -> None:
    await seed_call(participant)
    async with owner.transaction():
        await owner.execute("SELECT set_config('pro.reason', 'test', true)")
        await owner.execute("UPDATE pro.sites SET zone = 'Pacific/Kiritimati'")
    midnight = "date_trunc('day', pro.now() AT TIME ZONE 'Europe/London') + interval '3 days'"
    ends = f"({midnight}) AT TIME ZONE 'Europe/London'"
    await owner.execute(f"UPDATE pro.call_tasks SET closes_at = {ends}")
    last = await owner.fetchval(
        f"SELECT to_char({midnight} - interval '1 day', 'Dy FMDD Mon YYYY')"
    )
    _, text = await page(desk)
    assert f"until the end of {last} in Europe/London" in section(text, "calls")
    assert "Times are those of Pacific/Kiritimati" in text


async def test_the_page_costs_as_many_statements_for_many_as_for_few(
    study: SeededStudy,
    pools: Pools,
    desk: aiohttp.ClientSession,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    costs = []
    for codes in (("P-001",), ("P-002", "P-003", "P-004", "P-005")):
        for code in codes:
            one = await sitter(study, pools, code, DAY)
            await one.answer({one.items[0]: 3})
            made = one.participant
            assessment = made.assessments["baseline", "womac-nrs-3.1", "left_knee"]
            await seed_alert(made, assessment)
            await seed_text(made, await seed_line(made), "hello")
        await page(desk)
        with statements(monkeypatch) as said:
            await page(desk)
        costs.append(sorted(said))
    assert costs[0] == costs[1]
    assert len(costs[0]) == len(set(costs[0]))
    assert len(costs[0]) <= 20, costs[0]


async def seed_status(participant: SeededParticipant, status: str) -> None:
    """Where they stand from now on."""
    await participant.study.owner.execute(
        "INSERT INTO pro.statuses (study_id, id, participant_id, status, effective_at, reason,"
        " actor) VALUES ($1, $2, $3, $4, pro.now(), 'test', 'cli:test')",
        participant.study.id,
        new_id(),
        participant.id,
        status,
    )


async def test_at_sites_of_several_zones_each_row_names_its_own(
    study: SeededStudy,
    participant: SeededParticipant,
    desk: aiohttp.ClientSession,
) -> None:
    await seed_call(participant)
    _, text = await page(desk)
    assert "S1" not in section(text, "calls")
    await seed_site(study, "S2")
    await seed_staff(study, "bo")
    await make_staff(
        study.owner,
        study.id,
        login="bo",
        password=PASSWORD,
        site="S2",
        role="coordinator",
        language="en",
        actor=ACTOR,
    )
    await sign_in(desk, "bo")
    for path in ("/desk", "/desk/week"):
        _, text = await page(desk, path)
        assert "Times are those of each participant’s site." in text
        assert '<span class="sites">S1, S2</span>' in text
    _, text = await page(desk)
    assert "S1 Europe/London" in section(text, "calls")
