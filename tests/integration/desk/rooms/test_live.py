"""What is new tells itself to open pages: each once, to whose seat it is, on every replica."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any, NamedTuple, Self

import aiohttp
import asyncpg
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from pro_service.services.desk.live import MOST_STREAMS, Live
from pro_service.store.pools import Pools
from pro_service.web.desk.guard import look_at_own_session
from pro_service.web.desk.live import events
from tests.integration.sittings import Sitter
from tests.support.desk import (
    age_session,
    leave_for_site,
    page,
    seed_alert,
    seed_line,
    seed_site,
    seed_staff,
    seed_text,
    sign_in,
)
from tests.support.seed import SeededParticipant, SeededStudy, make_context, seed_participant
from tests.support.statements import statements
from tests.support.waiting import until
from tests.support.web import browsing, serving

PATIENCE = 20.0
QUICK = 0.05


class Event(NamedTuple):
    """One event of a stream."""

    kind: str
    data: dict[str, Any]


class Stream:
    """A stream as a browser reads it."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self.answer = answer
        self.raw = b""
        """All that came."""

    async def next(self) -> Event | None:
        """The next event that is no beat; None at the end of the stream."""
        async with asyncio.timeout(PATIENCE):
            while True:
                block = await self._block()
                if block is None:
                    return None
                lines = [line for line in block.splitlines() if line and not line.startswith(":")]
                fields = dict(line.split(": ", 1) for line in lines)
                if fields.get("event", "beat") != "beat":
                    return Event(fields["event"], json.loads(fields["data"]))

    async def next_id(self) -> str | None:
        """What the next event is about."""
        event = await self.next()
        return None if event is None else str(event.data["id"])

    async def begun(self) -> Self:
        """The stream, once it is open."""
        async with asyncio.timeout(PATIENCE):
            await self._block()
        return self

    async def _block(self) -> str | None:
        try:
            block = await self.answer.content.readuntil(b"\n\n")
        except (asyncio.IncompleteReadError, aiohttp.ClientConnectionError):
            return None
        self.raw += block
        return block.decode() or None


@asynccontextmanager
async def listening(browser: aiohttp.ClientSession) -> AsyncIterator[Stream]:
    """A page that listens."""
    async with browser.get("/desk/events") as answer:
        assert answer.status == 200
        assert answer.content_type == "text/event-stream"
        yield await Stream(answer).begun()


@pytest.fixture(autouse=True)
def looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty looks a second, and as many beats: nothing else is quicker than in earnest."""
    monkeypatch.setattr("pro_service.services.desk.live.EVERY", QUICK)
    monkeypatch.setattr(events, "BEAT_SECONDS", QUICK)


@pytest.fixture
async def other_server(pools: Pools) -> AsyncIterator[TestServer]:
    """Another replica on the same database."""
    async with serving(pools, make_context()) as running:
        yield running


async def texted(participant: SeededParticipant, words: str = "my knee is swollen") -> str:
    """A text from the participant's own telephone; its id."""
    owner = participant.study.owner
    line = await owner.fetchval("SELECT id FROM pro.lines") or await seed_line(participant)
    return str(await seed_text(participant, line, words))


async def test_what_is_new_is_told_once_on_every_replica_by_ids_alone(
    study: SeededStudy,
    pools: Pools,
    participant: SeededParticipant,
    desk: aiohttp.ClientSession,
    other_server: TestServer,
) -> None:
    async with browsing(other_server) as elsewhere:
        await sign_in(elsewhere)
        async with listening(desk) as here, listening(elsewhere) as there:
            text = await texted(participant)
            alert = str(await seed_alert(participant, next(iter(participant.assessments.values()))))
            about = {"site": str(study.site_id), "about": str(participant.id)}
            wanted = {("text", text), ("alert", alert)}
            for stream in (here, there):
                told = [await stream.next(), await stream.next()]
                assert {(one.kind, one.data["id"]) for one in told if one} == wanted
                assert all(one and {**one.data, "id": ""} == {**about, "id": ""} for one in told)
            # What is told is not told again, however often one looks within the overlap.
            later = await texted(participant, "and my calf")
            for stream in (here, there):
                assert await stream.next() == Event("text", {**about, "id": later})
                for secret in (b"swollen", b"calf", b"P-001", b"severe", b"5550143"):
                    assert secret not in stream.raw
                assert b"event: beat" in stream.raw


async def test_a_page_just_opened_hears_of_what_came_while_it_was_loading(
    participant: SeededParticipant, desk: aiohttp.ClientSession
) -> None:
    text = await texted(participant)
    async with listening(desk) as first:
        assert await first.next_id() == text
        async with listening(desk) as second:
            assert await second.next_id() == text


async def test_answers_are_told_when_they_are_sent_in_and_never_what_was_answered(
    study: SeededStudy, pools: Pools, participant: SeededParticipant, desk: aiohttp.ClientSession
) -> None:
    sitter = Sitter(participant, pools)
    async with listening(desk) as stream:
        await sitter.answer(dict.fromkeys(sitter.items, 3))
        await sitter.answer({}, send=True)
        told = await stream.next()
        assert told is not None
        assert told.kind == "answers"
        sitting = await study.owner.fetchval(
            "SELECT id FROM pro.attempts WHERE submitted_at IS NOT NULL"
        )
        assert told.data == {
            "id": str(sitting),
            "site": str(study.site_id),
            "about": str(participant.id),
        }


async def test_a_seat_hears_of_its_own_sites_alone(
    study: SeededStudy, participant: SeededParticipant, desk: aiohttp.ClientSession
) -> None:
    elsewhere = await seed_participant(study, code="P-002", personal_code="A234563B")
    await leave_for_site(elsewhere, await seed_site(study))
    async with listening(desk) as stream:
        await seed_text(elsewhere, await seed_line(elsewhere, "+12025550177"), "not yours")
        own = await texted(participant)
        assert await stream.next_id() == own


async def test_whoever_has_no_session_or_no_room_hears_nothing(
    study: SeededStudy, browser: aiohttp.ClientSession
) -> None:
    async with browser.get("/desk/events") as answer:
        assert answer.status == 204
    await seed_staff(study, "ada", role="administrator")
    await sign_in(browser, "ada")
    async with browser.get("/desk/events") as answer:
        assert answer.status == 204


async def test_whoever_hangs_up_before_the_stream_begins_is_no_fault(
    desk: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A tab that was closed while it loaded stood in the log as a request that failed."""
    caplog.set_level("INFO", logger="pro_service.web")
    asked = asyncio.Event()

    async def look_until_nobody_is_there(request: web.Request) -> object:
        session = await look_at_own_session(request)
        asked.set()

        async def hung_up() -> bool:
            return request.transport is None or request.transport.is_closing()

        # The server of the tests ends whoever serves nobody; the service's own does not.
        with suppress(asyncio.CancelledError):
            await until(hung_up)
        return session

    monkeypatch.setattr(events, "look_at_own_session", look_until_nobody_is_there)
    tab = asyncio.create_task(desk.get("/desk/events").__aenter__())
    await asked.wait()
    tab.cancel()

    async def noted() -> bool:
        return any(getattr(one, "route", "") == "desk-events" for one in caplog.records)

    await until(noted)
    assert [one.message for one in caplog.records if one.levelname == "ERROR"] == []


async def test_a_stream_ends_with_its_session(
    owner: asyncpg.Connection,
    participant: SeededParticipant,
    desk: aiohttp.ClientSession,
    server: TestServer,
) -> None:
    async with listening(desk) as stream:
        _, html = await page(desk)
        secret = html.partition('name="form" value="')[2].partition('"')[0]
        async with desk.post("/desk/sign-out", data={"form": secret}) as answer:
            assert answer.status == 200
        assert await stream.next() == Event("end", {"why": "session"})
        assert await stream.next() is None
    for kept in ({"seen": 31, "started": 40}, {"seen": 1, "started": 721}):
        async with browsing(server) as again:
            await sign_in(again)
            async with listening(again) as stream:
                await age_session(
                    owner, **{name: timedelta(minutes=ago) for name, ago in kept.items()}
                )
                assert await stream.next() == Event("end", {"why": "session"})


async def test_neither_listening_nor_what_a_page_fetches_by_itself_prolongs_a_session(
    owner: asyncpg.Connection, participant: SeededParticipant, desk: aiohttp.ClientSession
) -> None:
    ago = timedelta(minutes=20)
    await age_session(owner, seen=ago, started=ago)
    async with listening(desk) as stream:
        await texted(participant)
        assert await stream.next() is not None
        async with desk.get("/desk", headers={"X-Desk-Looks": "1"}) as answer:
            assert "my knee is swollen" in await answer.text()
        seen = "SELECT clock_timestamp() - last_seen_at FROM pro.staff_sessions"
        assert await owner.fetchval(seen) > timedelta(minutes=19)
        await page(desk)
        assert await owner.fetchval(seen) < timedelta(minutes=1)


async def test_a_session_has_so_many_streams_and_the_oldest_gives_way(
    participant: SeededParticipant, desk: aiohttp.ClientSession
) -> None:
    async with listening(desk) as oldest, listening(desk), listening(desk), listening(desk):
        assert MOST_STREAMS == 4
        async with listening(desk) as newest:
            assert await oldest.next() == Event("end", {"why": "crowded"})
            text = await texted(participant)
            assert await newest.next_id() == text


async def test_nobody_looks_while_nobody_listens_and_one_looks_for_all(
    monkeypatch: pytest.MonkeyPatch,
    participant: SeededParticipant,
    desk: aiohttp.ClientSession,
    server: TestServer,
) -> None:
    live: Live = server.app[events.LIVE]
    assert not live.looks
    async with listening(desk) as one, listening(desk) as two:
        with statements(monkeypatch) as said:
            await texted(participant)
            assert await one.next() is not None
            assert await two.next() is not None
        # What is asked does not follow how many listen.
        assert abs(said.count("list_news") - said.count("list_listening")) <= 1
        assert live.looks

    async def rests() -> bool:
        return not live.looks

    await until(rests)


async def test_a_process_that_stops_ends_its_streams_at_once(
    pools: Pools, study: SeededStudy, participant: SeededParticipant
) -> None:
    await seed_staff(study)
    async with serving(pools, make_context()) as stopping, browsing(stopping) as browser:
        await sign_in(browser)
        async with listening(browser) as stream:
            closing = asyncio.create_task(stopping.close())
            assert await stream.next() == Event("end", {"why": "moved"})
            await asyncio.wait_for(closing, PATIENCE)


async def test_a_leap_of_study_time_hides_nothing(
    owner: asyncpg.Connection, participant: SeededParticipant, desk: aiohttp.ClientSession
) -> None:
    async with listening(desk) as stream:
        assert await texted(participant) == await stream.next_id()
        text = await texted(participant)
        await owner.execute("SELECT pro.move_clock(pro.now() + interval '3 days')")
        assert await stream.next_id() == text


async def test_a_strangers_text_is_about_nobody(
    study: SeededStudy, owner: asyncpg.Connection, desk: aiohttp.ClientSession
) -> None:
    somebody = await seed_participant(study, code="P-009", personal_code="A234569B")
    line = await seed_line(somebody, "+12025550199")
    await owner.execute("SELECT set_config('pro.reason', 'given up', false)")
    await owner.execute("UPDATE pro.contact_points SET valid_to = pro.now()")
    async with listening(desk) as stream:
        text = str(await seed_text(somebody, line, "who are you", named=False))
        about = {"id": text, "site": str(study.site_id), "about": None}
        assert await stream.next() == Event("text", about)
