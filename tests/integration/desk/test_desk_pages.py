"""The first page, the filters, a participant's page, and what staff do there."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

import aiohttp
import asyncpg
import pytest

from pro_service.services.desk.listing import grid as service
from pro_service.services.desk.listing.figures import read_figures
from pro_service.services.desk.seat import Seat, at_desk
from pro_service.services.desk.sign_in import find_session
from pro_service.services.exports.adherence import report
from pro_service.store.keeping.holds import insert_hold, release_hold
from pro_service.store.pools import Pools
from tests.support.desk import (
    close_call,
    page,
    press,
    seed_alert,
    seed_call,
    seed_line,
    seed_message,
    seed_opt_out,
    seed_staff,
    seed_text,
    sign_in,
)
from tests.support.record.words import spoken
from tests.support.seed import SeededParticipant, SeededStudy, seed_participant, seed_visit

PAIN = (("pain-nrs", "left_knee"),)
BEGAN, ENDED = timedelta(days=-20), timedelta(days=-10)
ROOMS = ("/desk/participants", "/desk/participants?state=late", "/desk/figures", "/desk/texts")
MISSING = re.compile(r"desk\.[a-z]|\{[a-z_]+\}|None|Undefined")


def section(text: str, name: str) -> str:
    """One section of the first page."""
    return text.partition(f'id="{name}"')[2].partition("</section>")[0]


def listed(text: str) -> list[str]:
    """The codes in the grid, in order."""
    grid = section(text, "participants")
    return re.findall(r'<th scope="row"><a class="code" href="[^"]*">([^<]*)</a>', grid)


async def alert_on(participant: SeededParticipant) -> UUID:
    return await seed_alert(
        participant, participant.assessments["baseline", "pain-nrs", "left_knee"]
    )


async def everything_on(participant: SeededParticipant) -> None:
    """One of each thing the pages show."""
    line = await seed_line(participant)
    await seed_text(participant, line, "my knee is swollen")
    await seed_text(participant, line, "four or so", disposition="unknown")
    await seed_opt_out(participant, line)
    await seed_message(participant, line, "unconfirmed")
    await seed_call(participant)
    await alert_on(participant)
    await seed_visit(participant, "week_2", asks=PAIN, opens=BEGAN, closes=ENDED)
    await seed_visit(participant, "unscheduled", asks=(("pga", "person"),), closes=None)


async def test_an_empty_study_has_honest_empty_states(
    study: SeededStudy, desk: aiohttp.ClientSession
) -> None:
    said = {
        "/desk": ("Gaps in the rota",),
        "/desk/participants": ("Nobody is enrolled at your sites yet.",),
        "/desk/figures": ("There is nothing to count yet.",),
        "/desk/texts": ("No text is waiting to be read.",),
    }
    for path, expected in said.items():
        status, text = await page(desk, path)
        assert status == 200
        assert all(words in text for words in expected), path


async def test_the_first_page_says_what_to_do_now(
    participant: SeededParticipant, desk: aiohttp.ClientSession
) -> None:
    await everything_on(participant)
    _, text = await page(desk)
    assert re.findall(r"<strong>(\d+)</strong>", text)[:6] == ["1", "1", "1", "1", "1", "1"]
    calls = section(text, "calls")
    for part in ("P-001", "The reminders stayed unanswered", "Before the injection", "until "):
        assert part in calls
    # One zone is named once.
    assert text.replace('data-zone="Europe/London"', "").count("Europe/London") == 1
    alerts = section(text, "alerts")
    for part in ("Severe pain: 7 or more, within 14 days", "Not seen by anybody yet"):
        assert part in alerts
    assert "my knee is swollen" in section(text, "texts")
    assert "said so by text" in section(text, "held")
    assert "never confirmed" in section(text, "uncertain")


async def test_a_hold_on_sending_stands_above_everything(
    participant: SeededParticipant, desk: aiohttp.ClientSession
) -> None:
    assert "No text goes out since" not in (await page(desk))[1]
    await insert_hold(participant.study.owner, "restored from a backup", None, "cli:test")
    _, text = await page(desk)
    assert text.index("No text goes out since") < text.index('id="to-do"')
    await release_hold(participant.study.owner, "cli:test", "rang everybody")
    assert "No text goes out since" not in (await page(desk))[1]


async def test_states_are_told_by_shape_letter_and_word(
    participant: SeededParticipant, desk: aiohttp.ClientSession
) -> None:
    _, text = await page(desk, "/desk/participants")
    grid = section(text, "participants")
    assert re.search(r'class="shape">○</span>.*?class="letter">due.*?class="unseen">due<', grid)
    for state in ("completed", "missed", "partly answered", "not yet due"):
        assert state in grid


async def test_figures_lead_to_the_rows_behind_them(
    study: SeededStudy, participant: SeededParticipant, desk: aiohttp.ClientSession
) -> None:
    await seed_visit(participant, "week_2", asks=PAIN, opens=BEGAN, closes=ENDED)
    other = await seed_participant(study, code="P-002", personal_code="B234567")
    await seed_visit(other, "week_2", asks=(("pain-nrs", "left_knee"),))
    _, text = await page(desk, "/desk/figures")
    row = next(one for one in section(text, "figures").split("<tr>") if 'scope="row">Week 2' in one)
    numbers = [int(n) for n in re.findall(r">(\d+)<span", row)]
    assert numbers == [0, 1, 0, 2]
    links = [link.replace("&amp;", "&") for link in re.findall(r'href="([^"#]*)', row)]
    behind = [listed((await page(desk, link))[1]) for link in links]
    assert [len(rows) for rows in behind] == numbers
    assert behind[1] == ["P-001"]


async def test_the_figures_agree_with_the_operators_report(
    study: SeededStudy,
    participant: SeededParticipant,
    owner: asyncpg.Connection,
    pools: Pools,
    desk: aiohttp.ClientSession,
) -> None:
    await everything_on(participant)
    gone = await seed_participant(
        study, code="P-003", personal_code="C234567", status="screen_failure"
    )
    await seed_visit(gone)
    seat = await find_session(pools.desk, {c.key: c.value for c in desk.cookie_jar}["desk"])
    assert isinstance(seat, Seat)
    async with at_desk(pools.desk, seat) as connection:
        found = await read_figures(connection, study.context, study.id)
    expected = await report(owner, study.context, study.id)
    asked = [one for one in found.figures if one.definition in expected.definitions]
    assert asked == list(expected.figures)
    status, text = await page(desk, "/desk/participants?figure=enrolled")
    assert (status, listed(text)) == (200, ["P-001"])


async def test_filters_narrow_by_state_code_and_visit(
    study: SeededStudy, participant: SeededParticipant, desk: aiohttp.ClientSession
) -> None:
    other = await seed_participant(study, code="P-002", personal_code="B234567")
    await seed_visit(other, "week_2", asks=PAIN, opens=BEGAN, closes=ENDED)
    expected = {
        "": ["P-001", "P-002"],
        "?site=S1": ["P-001", "P-002"],
        "?site=NONE": [],
        "?state=due": ["P-001"],
        "?state=missed": ["P-002"],
        "?state=missed&visit=baseline": [],
        "?code=002": ["P-002"],
        "?state=nonsense&page=-3": ["P-001", "P-002"],
        "?page=99": ["P-001", "P-002"],
    }
    for query, codes in expected.items():
        status, text = await page(desk, f"/desk/participants{query}")
        assert (status, listed(text)) == (200, codes), query


async def test_many_participants_come_in_pages(
    study: SeededStudy, desk: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        made = await seed_participant(study, code=f"P-{number}", personal_code=f"A23456{number}")
        await seed_visit(made)
    monkeypatch.setattr(service, "PAGE", 2)
    _, text = await page(desk, "/desk/participants?page=2")
    assert listed(text) == ["P-2", "P-3"]
    assert "Page 2 of 3" in text
    _, text = await page(desk, "/desk/participants?page=3")
    assert listed(text) == ["P-4"]


async def test_an_alert_is_seen_once_and_says_what_the_protocol_asks(
    participant: SeededParticipant, owner: asyncpg.Connection, desk: aiohttp.ClientSession
) -> None:
    alert = await alert_on(participant)
    _, text = await page(desk, f"/desk/participants/{participant.code}")
    assert "What the protocol says to do: Rest the knee" in section(text, "open")
    _, text = await page(desk)
    assert "What the protocol says to do: Rest the knee" in section(text, "alerts")
    _, text = await press(desk, text, f"/desk/alerts/{alert}/seen")
    assert "Seen by anna" in section(text, "alerts")
    assert "Waits for an investigator" in section(text, "alerts")
    assert await owner.fetchval("SELECT seen_by FROM pro.alerts") == "staff:anna"
    entry = await owner.fetchrow(
        "SELECT actor, changes FROM pro.audit_entries"
        " WHERE table_name = 'alerts' AND operation = 'UPDATE' ORDER BY id DESC LIMIT 1"
    )
    assert entry["actor"] == "staff:anna"
    assert entry["changes"][str(alert)]["old"]["seen_at"] is None


async def test_a_call_is_closed_with_an_outcome_and_a_note(
    participant: SeededParticipant, owner: asyncpg.Connection, desk: aiohttp.ClientSession
) -> None:
    call = await seed_call(participant)
    for outcome, note in (("reached", " "), ("no such outcome", "x"), ("", "x")):
        assert (await close_call(desk, call, outcome, note))[0] == 422
    status, _ = await close_call(desk, call, "reached", "Will answer tonight")
    assert status == 200
    _, text = await page(desk, "/desk/participants/P-001")
    assert "Spoke with them: Will answer tonight" in text
    row = await owner.fetchrow("SELECT closed_by, outcome FROM pro.call_tasks")
    said = await spoken(owner, participant.study.context, row["outcome"])
    assert (row["closed_by"], said) == ("staff:anna", "reached: Will answer tonight")
    reason = await owner.fetchval(
        "SELECT reason FROM pro.audit_entries"
        " WHERE table_name = 'call_tasks' AND operation = 'UPDATE'"
    )
    assert row["outcome"] == f"reached: {reason}"
    assert 'id="calls"' not in (await page(desk))[1]


async def test_a_text_that_was_settled_leaves_the_list_and_says_who_settled_it(
    participant: SeededParticipant, owner: asyncpg.Connection, desk: aiohttp.ClientSession
) -> None:
    line = await seed_line(participant)
    text_id = await seed_text(participant, line, "<b>my knee</b> is swollen")
    _, text = await page(desk)
    assert "&lt;b&gt;my knee&lt;/b&gt; is swollen" in text
    assert f"/desk/texts/{text_id}" in text
    _, text = await page(desk, f"/desk/texts/{text_id}")
    action = f"/desk/texts/{text_id}/nothing"
    status, text = await press(desk, text, action, reason="courtesy")
    assert (status, "Nothing needed: A thank-you or a greeting, by anna" in text) == (200, True)
    assert "No text is waiting to be read." in (await page(desk, "/desk/texts"))[1]
    assert await owner.fetchval("SELECT read_by FROM pro.inbounds") == "staff:anna"
    assert "read by anna" in (await page(desk, "/desk/participants/P-001"))[1]


@pytest.mark.parametrize("language", ["en", "zh_CN"])
async def test_every_page_has_all_its_words_in_both_languages(
    study: SeededStudy,
    participant: SeededParticipant,
    browser: aiohttp.ClientSession,
    language: str,
) -> None:
    await everything_on(participant)
    await seed_staff(study, "iris", role="investigator", language=language)
    await sign_in(browser, "iris")
    html_language = {"en": "en", "zh_CN": "zh-Hans"}[language]
    for path in ("/desk", *ROOMS, "/desk/participants/P-001", "/desk/participants/x"):
        _, text = await page(browser, path)
        assert f'<html lang="{html_language}">' in text
        assert not MISSING.search(text), MISSING.search(text)
        if language == "zh_CN":
            bare = re.sub(r"<[^>]*>", " ", text)
            for word in ("Calls", "Alerts", "Reminder", "missed", "until", "Window"):
                assert word not in bare, word


async def test_the_language_can_be_changed_and_stays(
    participant: SeededParticipant, desk: aiohttp.ClientSession
) -> None:
    _, text = await page(desk, "/desk/participants/P-001")
    async with desk.post(
        "/desk/language", data={"language": "zh_CN", "back": "/desk/participants/P-001"}
    ) as answer:
        assert answer.url.path == "/desk/participants/P-001"
        assert "访视" in await answer.text()
    assert "现在要做的事" in (await page(desk))[1]
    async with desk.post(
        "/desk/language", data={"language": "en", "back": "https://elsewhere.example/desk"}
    ) as answer:
        assert answer.url.path == "/desk"
    assert text


async def test_times_are_in_the_sites_zone(
    participant: SeededParticipant, owner: asyncpg.Connection, desk: aiohttp.ClientSession
) -> None:
    async with owner.transaction():
        await owner.execute("SELECT set_config('pro.reason', 'test', true)")
        await owner.execute("UPDATE pro.sites SET zone = 'Pacific/Kiritimati'")
    await alert_on(participant)
    clock = await owner.fetchval(
        "SELECT to_char(raised_at AT TIME ZONE 'Pacific/Kiritimati', 'HH24:MI') FROM pro.alerts"
    )
    _, text = await page(desk)
    assert f", {clock}" in section(text, "alerts")
    _, text = await page(desk, "/desk/participants/P-001")
    assert "Times are those of Pacific/Kiritimati" in text
    assert "The participant lives in Europe/London" in text


async def test_get_changes_nothing_in_the_record(
    participant: SeededParticipant, owner: asyncpg.Connection, desk: aiohttp.ClientSession
) -> None:
    await everything_on(participant)
    before = await owner.fetchval("SELECT count(*) FROM pro.audit_entries")
    for path in ("/desk", *ROOMS, "/desk/participants/P-001", "/desk/sign-in"):
        for method in ("GET", "HEAD"):
            async with desk.request(method, path) as answer:
                assert answer.status == 200
    assert await owner.fetchval("SELECT count(*) FROM pro.audit_entries") == before


OURS = re.compile(r'<script type="module" src="/desk/static/(live|keys)-[0-9a-f]+\.js"></script>')
LIVELY = frozenset({"/desk", "/desk/texts", "/desk/participants/P-001"})
"""Pages that show what is new by themselves."""


async def test_pages_carry_scripts_of_ours_where_they_are_lively_and_nothing_inline(
    participant: SeededParticipant, desk: aiohttp.ClientSession
) -> None:
    await everything_on(participant)
    for path in ("/desk", *ROOMS, "/desk/participants/P-001"):
        async with desk.get(path) as answer:
            text = await answer.text()
            policy = answer.headers["Content-Security-Policy"]
        assert sorted(OURS.findall(text)) == (["keys", "live"] if path in LIVELY else [])
        assert "<script" not in OURS.sub("", text)
        assert ("script-src 'self'" in policy) is (path in LIVELY)
        assert not re.search(r"\s(style|on\w+)=", text)
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
    sheet = re.search(r'href="(/desk/static/[^"]+)"', text)
    assert sheet is not None
    async with desk.get(sheet[1]) as answer:
        assert (answer.status, answer.content_type) == (200, "text/css")
        assert "immutable" in answer.headers["Cache-Control"]
