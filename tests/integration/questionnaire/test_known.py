"""Facts in hand of who was on the pages a moment ago: the same as those that would be read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import aiohttp
import asyncpg
import pytest

from pro_service.domain.study.facts import ParticipantFacts
from pro_service.services.base import known
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.known import KnownFacts
from pro_service.services.pages.doors import door_of, look_in
from pro_service.store.pages.entrance import SessionRow
from pro_service.store.pools import Pools, connect
from tests.support.forms import form_to
from tests.support.seed import SeededParticipant, seed_link
from tests.support.statements import statements
from tests.support.web import current_action, open_questions


class Door:
    """What is in hand of whoever came by a link, beside what the database says of them."""

    def __init__(self, pools: Pools, context: ServiceContext, token: str) -> None:
        self._pool, self._context = pools.participant, context
        door = door_of(token)
        assert door is not None
        self._door = door

    async def in_hand(self, monkeypatch: pytest.MonkeyPatch) -> ParticipantFacts | None:
        """The facts as a page gets them, and none where it had to read them."""
        with statements(monkeypatch) as said:
            found = await look_in(self._pool, self._context, self._door)
        return None if found is None or said != ["look_again_by_link"] else found[1]

    async def read(self) -> ParticipantFacts:
        """The facts read anew."""
        found = await self._door.find(self._pool, ())
        assert found is not None
        return self._context.reader.ready(found.facts)


def at_once(facts: ParticipantFacts | None, like: ParticipantFacts) -> ParticipantFacts:
    """The same facts, as if read at the same instant."""
    assert facts is not None, "nothing was in hand"
    return facts.model_copy(update={"now": like.now})


async def test_what_is_in_hand_after_each_screen_is_what_would_be_read(
    owner: asyncpg.Connection,
    pools: Pools,
    context: ServiceContext,
    participant: SeededParticipant,
    browser: aiohttp.ClientSession,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    token = await seed_link(participant)
    door = Door(pools, context, token)
    page = await open_questions(browser, token)
    values = iter((4, 5, 3, 6, 4, 2, 5) * 3)
    while (action := current_action(page)) != "/q/review":
        form = form_to(page, action)
        data = form.filled(**dict.fromkeys(form.items, str(next(values))))
        async with browser.post(action, data=data) as response:
            page = await response.text()
        read = await door.read()
        assert at_once(await door.in_hand(monkeypatch), read) == read, action
    async with browser.get("/q/s/1") as response:
        again = form_to(await response.text(), "/q/s/1")
    await browser.post("/q/s/1", data=again.filled(pain_1="9"))  # One answer replaced.
    read = await door.read()
    assert at_once(await door.in_hand(monkeypatch), read) == read
    await browser.post("/q/review", data=form_to(page, "/q/review").fields, allow_redirects=False)
    read = await door.read()
    assert read.visits[0].assessments[0].submitted_at is not None
    assert at_once(await door.in_hand(monkeypatch), read) == read


async def test_whoever_else_writes_is_seen_at_once(
    owner: asyncpg.Connection,
    pools: Pools,
    context: ServiceContext,
    participant: SeededParticipant,
    browser: aiohttp.ClientSession,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    token = await seed_link(participant)
    door = Door(pools, context, token)
    await open_questions(browser, token)
    assert await door.in_hand(monkeypatch) is not None
    # What the revision does not guard is read each time: the site, the number.
    await owner.execute("SELECT set_config('pro.reason', 'a new switchboard', false)")
    await owner.execute("UPDATE pro.sites SET telephone = '+861055501234'")
    around = await door.in_hand(monkeypatch)
    assert around is not None
    assert around.site.telephone == "+861055501234"
    # What it guards is read once it has moved.
    await owner.execute("UPDATE pro.participant_revisions SET revision = revision + 1")
    assert await door.in_hand(monkeypatch) is None
    assert await door.in_hand(monkeypatch) is not None
    # Rows of another server are others, whatever their revision.
    await owner.execute(
        "CREATE OR REPLACE FUNCTION pro.facts_origin() RETURNS text"
        " LANGUAGE sql STABLE AS 'SELECT now()::text'"
    )
    assert await door.in_hand(monkeypatch) is None
    await owner.execute("UPDATE pro.invitations SET ended_at = pro.now(), end_reason = 'replaced'")
    async with browser.get("/q") as response:
        assert response.status == 403


CHANGES = {
    "the link ended": "UPDATE pro.invitations SET ended_at = pro.now(), end_reason = 'replaced'",
    "it ran out": "UPDATE pro.invitations SET expires_at = pro.now()",
    "somebody wrote": "UPDATE pro.participant_revisions SET revision = revision + 1",
    "time was moved": "UPDATE pro.study_clock SET ahead = ahead + interval '1 hour'",
    "other rows": "CREATE OR REPLACE FUNCTION pro.facts_origin() RETURNS text"
    " LANGUAGE sql STABLE AS 'SELECT now()::text'",
}
"""What a write must see for itself that was decided about from facts in hand."""


@pytest.mark.parametrize("change", CHANGES)
async def test_a_screen_is_saved_in_one_trip_and_looked_at_anew_where_anything_changed(
    owner: asyncpg.Connection,
    database_url: str,
    participant: SeededParticipant,
    browser: aiohttp.ClientSession,
    monkeypatch: pytest.MonkeyPatch,
    change: str,
) -> None:
    page = await open_questions(browser, await seed_link(participant))
    in_place = {"X-Page": "in-place"}

    async def save(number: int) -> tuple[int, str, list[str]]:
        form = form_to(page, f"/q/s/{number}")
        data = form.filled(**dict.fromkeys(form.items, "3"))
        with statements(monkeypatch) as said:
            async with browser.post(form.action, data=data, headers=in_place) as response:
                return response.status, await response.text(), said

    status, page, said = await save(1)
    assert (status, said) == (200, ["record_answers"])
    stored = await owner.fetchval("SELECT count(*) FROM pro.responses")
    superuser = await connect(database_url, role=None, actor="test:superuser")
    await superuser.execute(CHANGES[change])
    await superuser.close()
    status, page, said = await save(2)
    assert said[0] == "record_answers"  # It found that what was in hand does not stand,
    assert {"look_again_by_link", "find_guest_by_link"} & set(said)  # and so it was asked.
    more = await owner.fetchval("SELECT count(*) FROM pro.responses") - stored
    let_in = change not in ("the link ended", "it ran out")
    assert (status, more > 0) == ((200, True) if let_in else (403, False))


async def test_a_screen_is_saved_though_the_key_of_what_is_in_hand_was_closed_meanwhile(
    owner: asyncpg.Connection,
    context: ServiceContext,
    participant: SeededParticipant,
    browser: aiohttp.ClientSession,
) -> None:
    """A vault holds the keys opened last; facts in hand are of who was here a moment ago."""
    page = await open_questions(browser, await seed_link(participant))
    keys = await owner.fetch("SELECT id FROM pro.data_keys")

    def close_keys() -> None:
        for key in keys:
            context.keys.vault.forget(key["id"])

    for number in (1, 2):
        form = form_to(page, f"/q/s/{number}")
        data = form.filled(**dict.fromkeys(form.items, "3"))
        close_keys()
        async with browser.post(form.action, data=data, headers={"X-Page": "in-place"}) as response:
            assert response.status == 200
            page = await response.text()
        close_keys()
        async with browser.get(f"/q/s/{number}") as response:
            assert response.status == 200
    assert await owner.fetchval("SELECT count(*) FROM pro.responses") >= 2


async def test_a_link_that_ended_since_it_was_shown_leads_on_to_nothing(
    owner: asyncpg.Connection,
    participant: SeededParticipant,
    browser: aiohttp.ClientSession,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    token = await seed_link(participant)
    page = await open_questions(browser, token)
    async with browser.get(f"/q/{token}") as response:
        assert response.status == 200
    await owner.execute("UPDATE pro.invitations SET ended_at = pro.now(), end_reason = 'replaced'")
    # Its button and the next ask nothing, and lead to a page that does.
    with statements(monkeypatch) as said:
        for button in (f"/q/{token}/open", "/q/who"):
            sent = browser.post(button, data={"who": "self"}, allow_redirects=False)
            async with sent as response:
                assert response.headers["Location"] == "/q/s/1"
    assert said == []
    async with browser.get("/q/s/1") as response:
        assert response.status == 403
    form = form_to(page, current_action(page))
    filled = form.filled(**dict.fromkeys(form.items, "4"))
    async with browser.post(current_action(page), data=filled) as response:
        assert response.status == 403
    assert await owner.fetchval("SELECT count(*) FROM pro.responses") == 0


def test_nothing_is_believed_for_long_nor_of_too_many() -> None:
    seconds = [0.0]
    hand = KnownFacts({}, clock=lambda: seconds[0])
    bare: Any = {"now": datetime(2026, 1, 1, tzinfo=UTC), "visits": (), "revision": 1}
    facts = ParticipantFacts.model_construct(**bare)
    session = SessionRow(UUID(int=1), UUID(int=2), None, "link")
    for number in range(known.MOST + 1):
        hand.keep(bytes([number // 256, number % 256]), facts, "here", session)
    assert not hand.holds(b"\0\0")
    assert hand.holds(b"\0\1")
    seconds[0] = 60.0
    late = hand.unasked(b"\0\1")
    assert late is not None
    assert late.facts.now == facts.now + timedelta(minutes=1)
    seconds[0] = known.KEPT
    assert not hand.holds(b"\0\1")
    assert hand.unasked(b"\0\1") is None
    hand.keep(b"writes texts", facts, "here")
    assert hand.holds(b"writes texts")
    assert hand.unasked(b"writes texts") is None  # It is no door.
