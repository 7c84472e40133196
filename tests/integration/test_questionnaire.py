"""Answering by link, through the real server and database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal

import aiohttp
import asyncpg
import pytest
from aiohttp.test_utils import TestServer

from pro_service.domain.instruments.scoring import as_decimal, score
from pro_service.services.context import ServiceContext
from pro_service.store.pools import Pools
from tests.support.forms import form_to
from tests.support.seed import (
    TELEPHONE,
    SeededParticipant,
    SeededStudy,
    make_context,
    seed_link,
    seed_participant,
    seed_study,
    seed_visit,
)
from tests.support.web import answer_everything, browsing, open_questions, send, serving

COUNTED = ("attempts", "responses", "current_responses", "scores", "web_writes", "audit_entries")
WOMAC = "womac-nrs-3.1"


@pytest.fixture
def context() -> ServiceContext:
    """The services' context."""
    return make_context()


@pytest.fixture
async def study(owner: asyncpg.Connection, context: ServiceContext) -> SeededStudy:
    """The example study."""
    return await seed_study(owner, context)


@pytest.fixture
async def participant(study: SeededStudy) -> SeededParticipant:
    """A participant with an open baseline."""
    made = await seed_participant(study)
    await seed_visit(made)
    return made


@pytest.fixture
async def server(pools: Pools, context: ServiceContext) -> AsyncIterator[TestServer]:
    """The web side."""
    async with serving(pools, context) as running:
        yield running


@pytest.fixture
async def browser(server: TestServer) -> AsyncIterator[aiohttp.ClientSession]:
    """A participant's phone."""
    async with browsing(server) as session:
        yield session


async def counts(owner: asyncpg.Connection) -> dict[str, int]:
    """Rows of every table an answer touches."""
    return {name: await owner.fetchval(f"SELECT count(*) FROM pro.{name}") for name in COUNTED}  # noqa: S608


async def revision(owner: asyncpg.Connection) -> int:
    """The participant's revision."""
    return int(await owner.fetchval("SELECT revision FROM pro.participant_revisions"))


async def test_get_and_head_change_nothing(
    owner: asyncpg.Connection, participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    token = await seed_link(participant)
    await open_questions(browser, token)
    before, at = await counts(owner), await revision(owner)
    paths = ("/q", "/q/s/1", "/q/s/7", "/q/s/99", "/q/review", "/q/now", "/q/thanks", "/q/decline")
    for path in (f"/q/{token}", *paths):
        for method in ("GET", "HEAD"):
            async with browser.request(method, path) as response:
                assert response.status == 200, path
    assert (await counts(owner), await revision(owner)) == (before, at)


async def test_opening_moves_the_token_out_of_the_address(
    participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    token = await seed_link(participant)
    async with browser.post(f"/q/{token}/open", allow_redirects=False) as response:
        assert (response.status, response.headers["Location"]) == (303, "/q")
        cookie = response.headers["Set-Cookie"]
    for part in (f"q={token}", "HttpOnly", "SameSite=Lax", "Path=/q"):
        assert part in cookie
    async with browser.get("/q") as response:
        assert response.url.path == "/q/s/1"
        assert token not in await response.text()


async def test_whole_womac_by_link_is_submitted_once_with_the_scores_of_the_score_function(
    owner: asyncpg.Connection,
    context: ServiceContext,
    participant: SeededParticipant,
    browser: aiohttp.ClientSession,
) -> None:
    token = await seed_link(participant)
    review = await answer_everything(browser, await open_questions(browser, token), 7)
    thanks = await send(browser, review)
    assert thanks.url.path == "/q/thanks"
    assert "Thank you" in await thanks.text()
    assessment = participant.assessments["baseline", WOMAC, "left_knee"]
    rows = await owner.fetch(
        "SELECT scale, raw, normalised FROM pro.scores WHERE assessment_id = $1", assessment
    )
    instrument = context.instruments[WOMAC]
    expected: dict[str, tuple[Decimal, Decimal]] = {}
    for one in score(instrument, {item.code: 7 for item in instrument.items}):
        assert one.raw is not None
        assert one.normalised is not None
        expected[one.scale] = (as_decimal(one.raw), as_decimal(one.normalised))
    assert {row["scale"]: (row["raw"], row["normalised"]) for row in rows} == expected
    submitted = await owner.fetchval(
        "SELECT count(*) FROM pro.assessments WHERE submitted_at IS NOT NULL"
    )
    assert submitted == 3
    attempt = await owner.fetchrow(
        "SELECT * FROM pro.attempts WHERE assessment_id = $1", assessment
    )
    assert attempt is not None
    assert (attempt["mode"], attempt["authentication"], attempt["actor"]) == (
        "web",
        "link",
        "participant:P-001",
    )
    before = await counts(owner)
    again = await send(browser, review)
    assert again.url.path == "/q/thanks"
    assert await counts(owner) == before


async def test_the_same_form_posted_twice_stores_once(
    owner: asyncpg.Connection, participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    page = await open_questions(browser, await seed_link(participant))
    form = form_to(page, "/q/s/1")
    data = form.filled(**dict.fromkeys(form.items, "3"))
    addresses = set()
    for _ in range(2):
        async with browser.post("/q/s/1", data=data, allow_redirects=False) as response:
            addresses.add(response.headers["Location"])
    assert addresses == {"/q/s/2"}
    assert await owner.fetchval("SELECT count(*) FROM pro.responses") == 5
    assert await owner.fetchval("SELECT count(*) FROM pro.web_writes") == 1


async def test_a_page_gone_over_again_unchanged_stores_nothing(
    owner: asyncpg.Connection, participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    page = await open_questions(browser, await seed_link(participant))
    form = form_to(page, "/q/s/1")
    await browser.post("/q/s/1", data=form.filled(**dict.fromkeys(form.items, "3")))
    before = await counts(owner)
    async with browser.get("/q/s/1") as response:
        again = form_to(await response.text(), "/q/s/1")
    await browser.post("/q/s/1", data=again.fields)
    assert await counts(owner) == before


async def test_a_changed_answer_names_the_one_it_replaces(
    owner: asyncpg.Connection, participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    page = await open_questions(browser, await seed_link(participant))
    form = form_to(page, "/q/s/1")
    await browser.post("/q/s/1", data=form.filled(**dict.fromkeys(form.items, "3")))
    async with browser.get("/q/s/1") as response:
        again = form_to(await response.text(), "/q/s/1")
    await browser.post("/q/s/1", data=again.filled(pain_1="8"))
    rows = await owner.fetch(
        "SELECT id, value, replaces FROM pro.responses WHERE item = 'pain_1' ORDER BY id"
    )
    assert [(row["value"], row["replaces"]) for row in rows] == [(3, None), (8, rows[0]["id"])]
    current = await owner.fetchval(
        "SELECT response_id FROM pro.current_responses WHERE item = 'pain_1'"
    )
    assert current == rows[1]["id"]


async def test_an_answer_overtaken_on_another_device_is_kept_but_not_made_current(
    owner: asyncpg.Connection,
    participant: SeededParticipant,
    server: TestServer,
    browser: aiohttp.ClientSession,
) -> None:
    token = await seed_link(participant)
    stale = form_to(await open_questions(browser, token), "/q/s/1")
    async with browsing(server) as other:
        form = form_to(await open_questions(other, token), "/q/s/1")
        await other.post("/q/s/1", data=form.filled(**dict.fromkeys(form.items, "3")))
    async with browser.post("/q/s/1", data=stale.filled(pain_1="9", pain_2="3")) as response:
        assert response.url.path_qs == "/q/s/1?other=1"
        page = await response.text()
    assert "answered in the meantime" in page
    assert ("a.pain_1", "3") in form_to(page, "/q/s/1").fields
    rows = await owner.fetch(
        "SELECT id, value, reason FROM pro.responses WHERE item = 'pain_1' ORDER BY id"
    )
    assert [(row["value"], row["reason"]) for row in rows] == [(3, None), (9, "overtaken")]
    current = await owner.fetchval(
        "SELECT response_id FROM pro.current_responses WHERE item = 'pain_1'"
    )
    assert current == rows[0]["id"]


async def test_an_overtaken_answer_still_raises_its_alert(
    owner: asyncpg.Connection,
    study: SeededStudy,
    server: TestServer,
    browser: aiohttp.ClientSession,
) -> None:
    participant = await seed_participant(study, injected_days_ago=12)
    await seed_visit(participant, "week_2", asks=(("pain-nrs", "left_knee"), ("pga", "person")))
    token = await seed_link(participant, "week_2")
    stale = form_to(await open_questions(browser, token), "/q/s/1")
    async with browsing(server) as other:
        form = form_to(await open_questions(other, token), "/q/s/1")
        await other.post("/q/s/1", data=form.filled(pain="2"))
    async with browser.post("/q/s/1", data=stale.filled(pain="9")) as response:
        assert response.url.path == "/q/now"
    assert await owner.fetchval("SELECT rule FROM pro.alerts") == "severe_pain"
    assert await owner.fetchval("SELECT count(*) FROM pro.responses") == 2


async def test_answers_that_come_after_sending_are_kept_beside_what_was_sent(
    owner: asyncpg.Connection, participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    page = await open_questions(browser, await seed_link(participant))
    stale = form_to(page, "/q/s/1")
    await send(browser, await answer_everything(browser, page, 4))
    scored = await owner.fetchval("SELECT count(*) FROM pro.scores")
    for _ in range(2):
        async with browser.post("/q/s/1", data=stale.filled(pain_1="8")) as response:
            assert response.url.path == "/q/thanks"
    rows = await owner.fetch("SELECT value FROM pro.responses WHERE reason = 'overtaken'")
    assert [row["value"] for row in rows] == [8]
    assert await owner.fetchval("SELECT count(*) FROM pro.scores") == scored


async def test_many_presses_at_once_store_each_screen_once(
    owner: asyncpg.Connection, participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    await open_questions(browser, await seed_link(participant))
    posts = []
    for number in (1, 2, 3):
        async with browser.get(f"/q/s/{number}") as response:
            form = form_to(await response.text(), f"/q/s/{number}")
        data = form.filled(**dict.fromkeys(form.items, "3"))
        posts += [(f"/q/s/{number}", data)] * 2

    async def press(address: str, data: list[tuple[str, str]]) -> int:
        async with browser.post(address, data=data, allow_redirects=False) as response:
            return response.status

    statuses = await asyncio.gather(*(press(*post) for post in posts))
    # Whoever loses too often is told to try again, and nothing of it was stored.
    assert set(statuses) <= {303, 503}
    for address, data in posts:
        assert await press(address, data) == 303
    assert await owner.fetchval("SELECT count(*) FROM pro.responses") == 13
    assert await owner.fetchval("SELECT count(*) FROM pro.web_writes") == 3
    assert await owner.fetchval("SELECT count(*) FROM pro.attempts") == 1


async def test_a_sitting_goes_on_from_another_device(
    participant: SeededParticipant,
    server: TestServer,
    browser: aiohttp.ClientSession,
) -> None:
    token = await seed_link(participant)
    form = form_to(await open_questions(browser, token), "/q/s/1")
    await browser.post("/q/s/1", data=form.filled(**dict.fromkeys(form.items, "3")))
    async with browsing(server) as other:
        page = await open_questions(other, token)
        assert form_to(page, "/q/s/2").items == ["stiffness_1", "stiffness_2"]
        async with other.get("/q/s/1") as response:
            saved = form_to(await response.text(), "/q/s/1")
        assert ("a.pain_5", "3") in saved.fields
        thanks = await send(other, await answer_everything(other, page))
        assert thanks.url.path == "/q/thanks"


async def test_unknown_expired_finished_and_withdrawn_links_show_the_same_page(
    owner: asyncpg.Connection,
    study: SeededStudy,
    participant: SeededParticipant,
    browser: aiohttp.ClientSession,
) -> None:
    finished = await seed_link(participant)
    await send(browser, await answer_everything(browser, await open_questions(browser, finished)))
    late = await seed_participant(study, code="P-002", personal_code="A234568")
    await seed_visit(late, closes=timedelta(hours=-1))
    closed = await seed_link(late)
    third = await seed_participant(study, code="P-003", personal_code="A234569")
    await seed_visit(third)
    expired = await seed_link(third, expires=timedelta(seconds=-1))
    fourth = await seed_participant(
        study, code="P-004", personal_code="A23456A", status="withdrew_follow_up"
    )
    await seed_visit(fourth)
    withdrawn = await seed_link(fourth)
    answers = set()
    for token in ("a" * 26, "nonsense", "%00%ff", finished, closed, expired, withdrawn):
        async with browser.get(f"/q/{token}") as response:
            answers.add((response.status, await response.text()))
        async with browser.post(f"/q/{token}/open") as response:
            assert response.status == 404
    assert [status for status, _ in answers] == [404]


async def test_a_bad_value_keeps_what_was_entered_and_changes_nothing(
    owner: asyncpg.Connection, participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    page = await open_questions(browser, await seed_link(participant))
    before = await counts(owner)
    form = form_to(page, "/q/s/1")
    data = form.filled(pain_1="5", pain_2="11", pain_3="2")
    async with browser.post("/q/s/1", data=data) as response:
        assert response.status == 422
        page = await response.text()
    again = form_to(page, "/q/s/1")
    assert {("a.pain_1", "5"), ("a.pain_3", "2")} <= set(again.fields)
    assert 'href="#q-pain_2"' in page
    assert 'id="mistake-pain_2"' in page
    assert await counts(owner) == before


async def test_a_question_left_open_is_asked_about_once_and_then_becomes_a_gap(
    owner: asyncpg.Connection, participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    page = await open_questions(browser, await seed_link(participant))
    form = form_to(page, "/q/s/1")
    data = form.filled(pain_1="1", pain_2="2", pain_3="3", pain_4="4")
    async with browser.post("/q/s/1", data=data) as response:
        assert response.url.path_qs == "/q/s/1?open=1"
        page = await response.text()
    assert await owner.fetchval("SELECT count(*) FROM pro.responses") == 4
    form = form_to(page, "/q/s/1")
    assert ("leave", "1") in form.buttons
    async with browser.post("/q/s/1", data=[*form.fields, ("leave", "1")]) as response:
        assert response.url.path == "/q/s/2"
    row = await owner.fetchrow("SELECT value, gap FROM pro.responses WHERE item = 'pain_5'")
    assert row is not None
    assert tuple(row) == (None, "skipped")


async def test_does_not_apply_is_offered_where_instrument_and_protocol_say_so(
    owner: asyncpg.Connection,
    context: ServiceContext,
    server: TestServer,
    browser: aiohttp.ClientSession,
) -> None:
    study = await seed_study(owner, context, may_not_apply=["function_7", "function_8"])
    participant = await seed_participant(study)
    await seed_visit(participant)
    await open_questions(browser, await seed_link(participant))
    async with browser.get("/q/s/4") as response:
        form = form_to(await response.text(), "/q/s/4")
    offered = [name for name, values in form.choices.items() if "not_applicable" in values]
    assert offered == ["a.function_7"]
    answers = dict.fromkeys(form.items, "2") | {"function_7": "not_applicable"}
    await browser.post("/q/s/4", data=form.filled(**answers))
    row = await owner.fetchrow("SELECT value, gap FROM pro.responses WHERE item = 'function_7'")
    assert row is not None
    assert tuple(row) == (None, "not_applicable")
    async with browser.post(
        "/q/s/4", data=form.filled(**(answers | {"function_8": "not_applicable"}))
    ) as response:
        assert response.status == 422


async def test_an_alarming_answer_shows_at_once_whom_to_telephone(
    owner: asyncpg.Connection, study: SeededStudy, browser: aiohttp.ClientSession
) -> None:
    participant = await seed_participant(study, injected_days_ago=12)
    await seed_visit(participant, "week_2", asks=(("pain-nrs", "left_knee"), ("pga", "person")))
    page = await open_questions(browser, await seed_link(participant, "week_2"))
    data = form_to(page, "/q/s/1").filled(pain="9")
    for _ in range(2):  # Whoever presses twice sees the second answer: it must say the same.
        async with browser.post("/q/s/1", data=data) as response:
            assert response.url.path == "/q/now"
            page = await response.text()
        assert TELEPHONE in page
        assert "999" in page
    rules = await owner.fetch("SELECT rule FROM pro.alerts")
    assert [row["rule"] for row in rules] == ["severe_pain"]


async def test_not_this_time_is_stored_once_and_leaves_what_was_saved(
    owner: asyncpg.Connection, participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    page = await open_questions(browser, await seed_link(participant))
    form = form_to(page, "/q/s/1")
    await browser.post("/q/s/1", data=form.filled(**dict.fromkeys(form.items, "3")))
    async with browser.get("/q/decline") as response:
        fields = form_to(await response.text(), "/q/decline").fields
    for _ in range(2):
        async with browser.post("/q/decline", data=fields) as response:
            assert response.url.path == "/q/thanks"
    assert await owner.fetchval("SELECT count(declined_at) FROM pro.assessments") == 3
    assert await owner.fetchval("SELECT count(*) FROM pro.responses") == 5


async def test_sending_early_asks_once_and_leaves_what_was_not_begun_for_later(
    owner: asyncpg.Connection, participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    page = await open_questions(browser, await seed_link(participant))
    form = form_to(page, "/q/s/1")
    await browser.post("/q/s/1", data=form.filled(**dict.fromkeys(form.items, "3")))
    async with browser.get("/q/review") as response:
        asked = await send(browser, await response.text())
    assert asked.url.path_qs == "/q/review?open=1"
    assert await owner.fetchval("SELECT count(submitted_at) FROM pro.assessments") == 0
    sent = await send(browser, await asked.text())
    assert sent.url.path == "/q/thanks"
    assert await owner.fetchval("SELECT count(submitted_at) FROM pro.assessments") == 1
    assert await owner.fetchval("SELECT count(*) FROM pro.responses WHERE gap = 'skipped'") == 19
    async with browser.get("/q") as response:
        assert form_to(await response.text(), "/q/s/1").items == ["pain"]


async def test_a_page_of_another_participant_on_the_same_device_is_refused(
    owner: asyncpg.Connection,
    study: SeededStudy,
    participant: SeededParticipant,
    browser: aiohttp.ClientSession,
) -> None:
    form = form_to(await open_questions(browser, await seed_link(participant)), "/q/s/1")
    spouse = await seed_participant(study, code="P-002", personal_code="A234568")
    await seed_visit(spouse)
    await open_questions(browser, await seed_link(spouse))
    before = await counts(owner)
    data = form.filled(**dict.fromkeys(form.items, "3"))
    async with browser.post("/q/s/1", data=data) as response:
        assert response.status == 409
    assert await counts(owner) == before


async def test_what_the_protocol_asks_by_text_only_is_not_asked_by_link(
    study: SeededStudy, browser: aiohttp.ClientSession
) -> None:
    participant = await seed_participant(study)
    await seed_visit(participant, "safety_3", asks=(("safety", "person"),))
    await seed_visit(participant, "baseline", asks=(("pga", "person"),))
    await open_questions(browser, await seed_link(participant, "safety_3"))
    async with browser.get("/q/s/1") as response:
        assert form_to(await response.text(), "/q/s/1").items == ["pga"]
    async with browser.get("/q/s/2") as response:
        assert response.url.path == "/q/s/1"


async def test_a_sitting_older_than_its_span_starts_anew_and_the_old_one_is_kept(
    owner: asyncpg.Connection, participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    stale = form_to(await open_questions(browser, await seed_link(participant)), "/q/s/1")
    answers = dict.fromkeys(stale.items, "3")
    await browser.post("/q/s/1", data=stale.filled(**answers))
    async with browser.get("/q/review") as response:
        review = await response.text()
    await owner.execute("SELECT pro.move_clock(pro.now() + interval '25 hours')")
    open_fields = [
        ("open", f"{participant.assessments['baseline', WOMAC, 'left_knee']}:{item}")
        for item in stale.items
    ]
    fields = [*form_to(review, "/q/review").fields, *open_fields]
    async with browser.post("/q/review", data=fields) as response:
        assert response.url.path_qs == "/q/review?open=1"
    assert await owner.fetchval("SELECT count(submitted_at) FROM pro.assessments") == 0
    async with browser.get("/q") as response:
        fresh = form_to(await response.text(), "/q/s/1")
    assert ("was.pain_1", "") in fresh.fields
    await browser.post("/q/s/1", data=fresh.filled(**answers))
    ordinals = await owner.fetch("SELECT ordinal FROM pro.attempts ORDER BY ordinal")
    assert [row["ordinal"] for row in ordinals] == [1, 2]
    assert await owner.fetchval("SELECT count(*) FROM pro.responses") == 10
    assert await owner.fetchval("SELECT count(*) FROM pro.current_responses") == 5


async def test_every_instrument_can_be_answered_by_link(
    owner: asyncpg.Connection, study: SeededStudy, browser: aiohttp.ClientSession
) -> None:
    participant = await seed_participant(study)
    asks = (("womac-lk-3.1", "right_knee"), ("womac-vas-3.1", "left_knee"), ("safety", "person"))
    await seed_visit(participant, "unscheduled", asks=asks, closes=None)
    page = await open_questions(browser, await seed_link(participant, "unscheduled", expires=None))
    review = await answer_everything(browser, page, 0)
    assert (await send(browser, review)).url.path == "/q/thanks"
    totals = await owner.fetch("SELECT instrument, raw FROM pro.scores WHERE scale = 'total'")
    assert {row["instrument"]: row["raw"] for row in totals} == {
        "womac-lk-3.1": Decimal(0),
        "womac-vas-3.1": Decimal(0),
    }
