"""Answering by link, through the real server and database."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import aiohttp
import asyncpg
from aiohttp.test_utils import TestServer

from pro_service.domain.instruments.scoring import as_decimal, score
from pro_service.services.base.context import ServiceContext
from tests.support.forms import form_to
from tests.support.seed import (
    TELEPHONE,
    SeededParticipant,
    SeededStudy,
    seed_link,
    seed_participant,
    seed_study,
    seed_visit,
)
from tests.support.web import (
    answer_everything,
    counts,
    open_questions,
    revision,
    send,
)

WOMAC = "womac-nrs-3.1"


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
        assert (response.status, response.headers["Location"]) == (303, "/q/who")
        cookie = response.headers["Set-Cookie"]
    for part in (f"q={token}", "HttpOnly", "SameSite=Lax", "Path=/q"):
        assert part in cookie
    async with browser.get("/q") as response:
        assert response.url.path == "/q/who"
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
    instrument = context.catalogue.instruments[WOMAC]
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


async def test_a_link_to_what_was_sent_says_when_and_never_what(
    participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    """R5: answers sent are never shown again through link or card; the page says when."""
    token = await seed_link(participant)
    await send(browser, await answer_everything(browser, await open_questions(browser, token)))
    for method, path in (("GET", f"/q/{token}"), ("POST", f"/q/{token}/open")):
        async with browser.request(method, path) as response:
            page = await response.text()
        assert response.status == 200
        assert "You sent your answers on" in page
        assert "knee" not in page.lower()
    for path in ("/q", "/q/s/1", "/q/review"):
        async with browser.get(path) as response:
            assert response.url.path == "/q/thanks"
            assert "You sent them on" in await response.text()


async def test_unknown_expired_and_withdrawn_links_show_the_same_page(
    study: SeededStudy, browser: aiohttp.ClientSession
) -> None:
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
    for token in ("a" * 26, "nonsense", "%00%ff", closed, expired, withdrawn):
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
