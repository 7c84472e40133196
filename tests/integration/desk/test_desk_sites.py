"""Row-level security and blinding: what another site's staff and another role do not see."""

from __future__ import annotations

import re
from datetime import timedelta

import aiohttp
import asyncpg
import pytest
from aiohttp.test_utils import TestServer

from pro_service.store.pools import Pools
from tests.support.desk import (
    leave_for_site,
    move_to_site,
    page,
    press,
    seed_alert,
    seed_call,
    seed_line,
    seed_message,
    seed_opt_out,
    seed_site,
    seed_staff,
    seed_text,
    sign_in,
)
from tests.support.seed import (
    SeededParticipant,
    SeededStudy,
    seed_link,
    seed_participant,
    seed_visit,
)
from tests.support.web import answer_everything, browsing, open_questions, send

SECRET = "words of somebody at site two"


@pytest.fixture
async def elsewhere(study: SeededStudy, participant: SeededParticipant) -> SeededParticipant:
    """A participant of site S2 with everything a page could show."""
    made = await seed_participant(study, code="ELSEWHERE-7", personal_code="B234567")
    await seed_visit(made)
    await move_to_site(made, await seed_site(study))
    line = await seed_line(made, "+12025550177")
    await seed_text(made, line, SECRET)
    await seed_text(made, line, SECRET, named=False)
    await seed_opt_out(made, line)
    await seed_message(made, line, "ambiguous")
    await seed_call(made)
    await seed_alert(made, made.assessments["baseline", "pain-nrs", "left_knee"])
    return made


def shown(text: str) -> str:
    """A page without what differs from one address to another."""
    return re.sub(r'name="back" value="[^"]*"', "", text)


async def test_no_page_shows_another_sites_rows(
    elsewhere: SeededParticipant, desk: aiohttp.ClientSession
) -> None:
    room = "/desk/participants"
    paths = ["/desk", "/desk/texts", room]
    paths += [f"{room}?{one}" for one in ("site=S2", "code=ELSE", "state=due", "visit=baseline")]
    paths += [f"{room}?figure={one}" for one in ("expected_and_closed", "scorable", "enrolled")]
    for path in paths:
        status, text = await page(desk, path)
        assert status == 200
        # The address a reader typed comes back in it; rows of the other site do not.
        assert "/desk/participants/ELSEWHERE" not in text, path
        assert SECRET not in text, path
        assert ">S2" not in text, path
    _, text = await page(desk)
    assert "P-001" in text
    # The one who cannot be reached is P-001, who has no number, and the rota of their own site was
    # never set; nothing else is counted.
    counted = re.findall(r'href="#(\w+)">[^<]*<strong>(\d+)', text)
    assert counted == [("unreached", "1"), ("gaps", "1")]


async def test_another_sites_participant_is_the_same_page_as_an_unknown_one(
    elsewhere: SeededParticipant, desk: aiohttp.ClientSession
) -> None:
    theirs = await page(desk, f"/desk/participants/{elsewhere.code}")
    nobodys = await page(desk, "/desk/participants/NOBODY-1")
    nowhere = await page(desk, "/desk/no/such/page")
    assert theirs[0] == nobodys[0] == nowhere[0] == 404
    assert shown(theirs[1]) == shown(nobodys[1]) == shown(nowhere[1])


async def test_another_sites_alert_call_and_text_cannot_be_acted_on(
    elsewhere: SeededParticipant, owner: asyncpg.Connection, desk: aiohttp.ClientSession
) -> None:
    _, text = await page(desk)
    secret = re.search(r'name="form" value="(\w+)"', text)
    assert secret is not None
    filled = {"form": secret[1], "action": "x", "note": "x", "outcome": "reached"}
    for table, what in (("alerts", "seen"), ("call_tasks", "number"), ("call_tasks", "close")):
        row = await owner.fetchval(f"SELECT id FROM pro.{table}")
        place = "calls" if table == "call_tasks" else "alerts"
        async with desk.post(f"/desk/{place}/{row}/{what}", data=filled) as answer:
            assert answer.status == 404
    row = await owner.fetchval("SELECT id FROM pro.inbounds LIMIT 1")
    async with desk.post(f"/desk/texts/{row}/nothing", data=filled) as answer:
        assert answer.status == 404
    assert await owner.fetchval("SELECT count(*) FROM pro.alerts WHERE seen_at IS NOT NULL") == 0
    assert (
        await owner.fetchval("SELECT count(*) FROM pro.call_tasks WHERE closed_at IS NOT NULL") == 0
    )


async def test_staff_of_both_sites_see_both(
    study: SeededStudy, elsewhere: SeededParticipant, desk: aiohttp.ClientSession
) -> None:
    await seed_staff(study, site="S2")
    await sign_in(desk, "anna", "four plain words here")
    _, text = await page(desk)
    assert f"/desk/participants/{elsewhere.code}" in text
    assert SECRET in text
    _, only = await page(desk, "/desk/participants?site=S1")
    assert (
        f'<th scope="row"><a class="code" href="/desk/participants/{elsewhere.code}'
        not in (only.partition('id="participants"')[2])
    )


async def test_a_former_site_sees_nobody_who_moved_on_by_name(
    study: SeededStudy, participant: SeededParticipant, desk: aiohttp.ClientSession
) -> None:
    await leave_for_site(participant, await seed_site(study))
    late = await seed_call(participant)
    await study.owner.execute(
        "UPDATE pro.call_tasks SET recorded_at = pro.now() + interval '1 hour' WHERE id = $1", late
    )
    status, text = await page(desk, "/desk/participants/P-001")
    # Its own period stays readable; what came after is not there.
    assert status == 200
    assert "A call is to be made" not in text


async def answered(
    server: TestServer, participant: SeededParticipant, definition: str = "baseline"
) -> None:
    """The participant answers everything by link, each item with 4."""
    token = await seed_link(participant, definition)
    async with browsing(server) as phone:
        review = await answer_everything(phone, await open_questions(phone, token))
        assert (await send(phone, review)).status == 200


async def test_a_coordinator_sees_that_it_was_answered_and_not_what(
    server: TestServer, participant: SeededParticipant, desk: aiohttp.ClientSession
) -> None:
    await answered(server, participant)
    _, text = await page(desk, "/desk/participants/P-001")
    assert "submitted" in text
    assert "sees status, not answers and scores" in text
    for part in ("Answers (", "0 to 100", "Stiffness"):
        assert part not in text
    _, first = await page(desk, "/desk/participants")
    assert "s-completed" in first


async def test_an_investigator_sees_answers_and_scores(
    study: SeededStudy,
    server: TestServer,
    participant: SeededParticipant,
    browser: aiohttp.ClientSession,
) -> None:
    await answered(server, participant)
    await seed_staff(study, "iris", role="investigator")
    await sign_in(browser, "iris")
    _, text = await page(browser, "/desk/participants/P-001")
    for part in ("Answers (24)", "0 to 100", "Stiffness", "<strong>4</strong>"):
        assert part in text
    assert "sees status, not answers" not in text


async def test_a_reply_that_is_an_answer_is_opened_only_where_answers_may_be_seen(
    study: SeededStudy,
    participant: SeededParticipant,
    desk: aiohttp.ClientSession,
    server: TestServer,
) -> None:
    line = await seed_line(participant)
    await seed_text(participant, line, "about a seven", disposition="answer")
    await seed_text(participant, line, "my knee is swollen", disposition="needs_reading")
    _, text = await page(desk, "/desk/participants/P-001")
    assert "about a seven" not in text
    assert "my knee is swollen" in text
    assert "are not shown to your role" in text
    await seed_staff(study, "iris", role="investigator")
    async with browsing(server) as other:
        await sign_in(other, "iris")
        assert "about a seven" in (await page(other, "/desk/participants/P-001"))[1]


async def test_the_database_itself_hides_answers_and_scores(
    study: SeededStudy, server: TestServer, participant: SeededParticipant, pools: Pools
) -> None:
    await answered(server, participant)
    for role, expected in (("coordinator", False), ("investigator", True)):
        async with pools.desk.acquire() as connection, connection.transaction():
            await connection.execute(
                "SELECT set_config('pro.site_ids', $1, true),"
                " set_config('pro.site_roles', $2, true)",
                str(study.site_id),
                f"{study.site_id}:{role}",
            )
            for table in ("responses", "scores", "sitting_responses"):
                found = await connection.fetchval(f"SELECT count(*) > 0 FROM pro.{table}")
                assert found is expected, (role, table)


@pytest.fixture
async def moved(
    study: SeededStudy, server: TestServer, participant: SeededParticipant
) -> SeededParticipant:
    """Somebody who answered at S1 with 4, wrote a text, went to S2 and answered there with 7."""
    await answered(server, participant)
    line = await seed_line(participant)
    await seed_text(participant, line, "about a four", disposition="answer")
    await leave_for_site(participant, await seed_site(study))
    await seed_visit(participant, "week_2", asks=(("pain-nrs", "left_knee"),))
    token = await seed_link(participant, "week_2")
    async with browsing(server) as phone:
        review = await answer_everything(phone, await open_questions(phone, token), value=7)
        assert (await send(phone, review)).status == 200
    await seed_text(participant, line, "about a seven", disposition="answer")
    return participant


async def seen_as(
    study: SeededStudy, server: TestServer, login: str, **assignments: str
) -> tuple[set[str], str]:
    """The answers a member of staff with these roles by site sees, and the participant's page."""
    for site, role in assignments.items():
        await seed_staff(study, login, site=site, role=role)
    async with browsing(server) as session:
        await sign_in(session, login)
        status, text = await page(session, "/desk/participants/P-001")
        assert status == 200
    return set(re.findall(r": <strong>(\d+)</strong>", text)), text


async def test_a_former_site_keeps_the_answers_and_scores_of_its_own_period(
    study: SeededStudy, server: TestServer, moved: SeededParticipant
) -> None:
    values, text = await seen_as(study, server, "iris", S1="investigator")
    assert values == {"4"}
    assert "0 to 100" in text
    assert "about a four" in text
    assert "about a seven" not in text
    assert "sees status, not answers" not in text
    values, text = await seen_as(study, server, "carl", S1="coordinator")
    assert values == set()
    assert "about a four" not in text
    assert "sees status, not answers" in text


async def test_the_present_site_reads_the_whole_record(
    study: SeededStudy, server: TestServer, moved: SeededParticipant
) -> None:
    values, text = await seen_as(study, server, "iris", S2="investigator")
    assert values == {"4", "7"}
    assert "about a four" in text
    assert "about a seven" in text


async def test_a_role_at_each_site_opens_what_belongs_to_that_site(
    study: SeededStudy, server: TestServer, moved: SeededParticipant
) -> None:
    values, text = await seen_as(study, server, "both", S1="investigator", S2="coordinator")
    assert values == {"4"}
    assert "about a four" in text
    assert "about a seven" not in text
    assert "sees status, not answers" in text


async def test_nothing_is_seen_without_a_site(participant: SeededParticipant, pools: Pools) -> None:
    for table in ("participants", "visits", "sites", "data_keys", "inbounds", "messages"):
        assert await pools.desk.fetchval(f"SELECT count(*) FROM pro.{table}") == 0


async def test_the_role_at_the_participants_own_site_decides(
    study: SeededStudy,
    server: TestServer,
    participant: SeededParticipant,
    desk: aiohttp.ClientSession,
) -> None:
    await answered(server, participant)
    await seed_site(study)
    await seed_staff(study, site="S2", role="investigator")
    await sign_in(desk, "anna", "four plain words here")
    _, text = await page(desk, "/desk/participants/P-001")
    assert "0 to 100" not in text


async def test_a_text_of_a_shared_number_is_shown_to_all_who_use_it(
    study: SeededStudy, participant: SeededParticipant, desk: aiohttp.ClientSession
) -> None:
    spouse = await seed_participant(study, code="P-002", personal_code="C234567")
    line = await seed_line(participant)
    assert await seed_line(spouse) == line
    await seed_text(participant, line, "one of us has a fever", named=False)
    _, text = await page(desk)
    assert "one of us has a fever" in text
    assert "Several participants use this number" in text
    await seed_opt_out(participant, line)
    _, text = await page(desk)
    held = text.partition('id="held"')[2].partition("</section>")[0]
    assert "P-001" in held
    assert "P-002" in held


async def test_visits_with_long_histories_keep_their_place(
    study: SeededStudy, participant: SeededParticipant, desk: aiohttp.ClientSession
) -> None:
    await seed_visit(
        participant,
        "week_2",
        asks=(("pain-nrs", "left_knee"),),
        opens=timedelta(days=-20),
        closes=timedelta(days=-10),
    )
    await seed_visit(participant, "month_1", opens=timedelta(days=-9), closes=timedelta(days=-2))
    _, text = await page(desk, "/desk/participants/P-001")
    # What is open stands whole and first; what is over is a line, the latest first.
    assert text.index('<article class="visit" id="baseline-1"') < text.index('id="month_1-1"')
    assert text.index('id="month_1-1"') < text.index('id="week_2-1"')
    assert text.count('<details class="visit">') == 2
    _, first = await page(desk, "/desk/participants")
    assert "s-missed" in first
    assert (await press(desk, first, "/desk/sign-out"))[0] == 200
