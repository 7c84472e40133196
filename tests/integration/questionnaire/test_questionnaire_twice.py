"""The same page sent twice, from two devices, too late, or by somebody else."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import aiohttp
import asyncpg
import pytest
from aiohttp.test_utils import TestServer

from pro_service.store.answering.rescoring import list_sitting_answers
from pro_service.store.exports.export import list_exported_answers
from tests.support.forms import form_to
from tests.support.seed import (
    SeededParticipant,
    SeededStudy,
    seed_link,
    seed_participant,
    seed_visit,
)
from tests.support.web import (
    answer_everything,
    browsing,
    counts,
    open_questions,
    send,
)

WOMAC = "womac-nrs-3.1"


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
        "SELECT response_id FROM pro.sitting_responses WHERE item = 'pain_1'"
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
    assert "answered in the meantime, on another device" in page
    # What another device answered is neither shown here nor changed (R5).
    assert form_to(page, "/q/s/1").items == []
    rows = await owner.fetch(
        "SELECT id, value, reason FROM pro.responses WHERE item = 'pain_1' ORDER BY id"
    )
    assert [(row["value"], row["reason"]) for row in rows] == [(3, None), (9, "overtaken")]
    current = await owner.fetchval(
        "SELECT response_id FROM pro.sitting_responses WHERE item = 'pain_1'"
    )
    assert current == rows[0]["id"]


async def test_going_back_and_sending_the_same_page_with_another_answer_loses_nothing(
    owner: asyncpg.Connection, participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    form = form_to(await open_questions(browser, await seed_link(participant)), "/q/s/1")
    answers = dict.fromkeys(form.items, "3")
    await browser.post("/q/s/1", data=form.filled(**answers))
    for _ in range(2):
        data = form.filled(**(answers | {"pain_1": "6"}))
        async with browser.post("/q/s/1", data=data) as response:
            assert response.url.path_qs == "/q/s/1?other=1"
    rows = await owner.fetch("SELECT value FROM pro.responses WHERE item = 'pain_1' ORDER BY id")
    assert [row["value"] for row in rows] == [3, 6]


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
            before = await response.text()
        assert form_to(before, "/q/s/1").items == []
        assert before.count("Answered already.") == 5
        thanks = await send(other, await answer_everything(other, page))
        assert thanks.url.path == "/q/thanks"


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
    assert await owner.fetchval("SELECT count(*) FROM pro.sitting_responses") == 10


@pytest.mark.parametrize("hours", [1, 30])
async def test_a_page_sent_again_unchanged_after_it_was_sent_in_stores_nothing(
    owner: asyncpg.Connection,
    participant: SeededParticipant,
    browser: aiohttp.ClientSession,
    hours: int,
) -> None:
    page = await open_questions(browser, await seed_link(participant))
    first = form_to(page, "/q/s/1")
    again = first.filled(**dict.fromkeys(first.items, "4"))
    await send(browser, await answer_everything(browser, page))
    await owner.execute("SELECT pro.move_clock(pro.now() + make_interval(hours => $1))", hours)
    before = await counts(owner)
    again = [(name, str(uuid4()) if name == "key" else value) for name, value in again]
    async with browser.post("/q/s/1", data=again) as response:
        assert response.status == 200
    assert await counts(owner) == before


async def test_an_overtaken_answer_stood_at_no_instant(
    owner: asyncpg.Connection,
    study: SeededStudy,
    server: TestServer,
    browser: aiohttp.ClientSession,
) -> None:
    participant = await seed_participant(study)
    await seed_visit(participant, "week_2", asks=(("pain-nrs", "left_knee"), ("pga", "person")))
    token = await seed_link(participant, "week_2")
    stale = form_to(await open_questions(browser, token), "/q/s/1")
    async with browsing(server) as other:
        form = form_to(await open_questions(other, token), "/q/s/1")
        await other.post("/q/s/1", data=form.filled(pain="2"))
        await browser.post("/q/s/1", data=stale.filled(pain="9"))
        before = await owner.fetchval("SELECT pro.now()")
        async with other.get("/q/s/1") as response:
            again = form_to(await response.text(), "/q/s/1")
        await other.post("/q/s/1", data=again.filled(pain="3"))
    after = await owner.fetchval("SELECT pro.now()")
    assert await owner.fetchval("SELECT count(*) FROM pro.responses") == 3
    for instant, value, corrections in ((before, 2, 0), (after, 3, 1)):
        (found,) = await list_exported_answers(owner, study.id, participant.id, instant)
        assert (found.value, found.corrections) == (value, corrections)
    (sitting,) = await list_sitting_answers(owner, study.id, participant.id)
    assert sitting.value == 3
