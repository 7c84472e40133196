"""What a telephone must load, counted on the wire: heads and bodies, as they are sent."""

from __future__ import annotations

import gzip
import re

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from tests.support.seed import (
    SeededParticipant,
    SeededStudy,
    seed_link,
    seed_participant,
    seed_visit,
)
from tests.support.web import open_questions

FIRST_LOAD = 40 * 1024
QUESTION_PAGE = 12 * 1024
HEAVIEST = (
    ("womac-lk-3.1", "left_knee"),
    ("womac-nrs-3.1", "left_knee"),
    ("womac-vas-3.1", "left_knee"),
)
GZIP = {"Accept-Encoding": "gzip, deflate, br"}


async def weigh(
    session: aiohttp.ClientSession, path: str, headers: dict[str, str] | None = None
) -> tuple[int, str]:
    """Bytes of one answer on the wire, and its text."""
    async with session.get(path, headers=GZIP | (headers or {})) as response:
        assert response.status == 200, path
        body = await response.read()
        head = sum(len(name) + len(value) + 4 for name, value in response.raw_headers)
    packed = response.headers.get("Content-Encoding") == "gzip"
    text = gzip.decompress(body) if packed else body
    return len(body) + head + len("HTTP/1.1 200 OK\r\n\r\n"), text.decode()


@pytest.mark.parametrize("language", ["en", "zh_CN"])
async def test_the_first_load_and_every_question_page_are_light(
    study: SeededStudy, server: TestServer, language: str
) -> None:
    participant = await seed_participant(study, language=language)
    await seed_visit(participant, "unscheduled", asks=HEAVIEST, closes=None)
    token = await seed_link(participant, "unscheduled", expires=None)
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(
        server.make_url("/"), cookie_jar=jar, auto_decompress=False
    ) as session:
        loaded: dict[str, int] = {}
        welcome, page = await weigh(session, f"/q/{token}")
        await session.post(f"/q/{token}/open")
        who, more = await weigh(session, "/q/who")
        await session.post("/q/who", data={"who": "self"})
        first, question = await weigh(session, "/q/s/1")
        for path in re.findall(r'"(/q/static/[^"]+)"', page + more + question):
            loaded[path], _ = await weigh(session, path)
        assert {path.rpartition(".")[2] for path in loaded} == {"css", "js"}
        whole = welcome + who + first + sum(loaded.values())
        screens = {1: first}
        for number in range(2, 16):
            for headers in ({}, {"X-Page": "in-place"}):
                weight, _ = await weigh(session, f"/q/s/{number}", headers)
                screens[number] = max(weight, screens.get(number, 0))
    print(f"{language}: until the first question {whole} bytes ({loaded}); welcome {welcome}")
    print(f"{language}: heaviest question page {max(screens.values())} bytes")
    assert whole < FIRST_LOAD
    assert max(screens.values()) < QUESTION_PAGE


async def test_pages_are_compressed_for_who_can_read_it_but_never_the_one_with_the_token(
    participant: SeededParticipant, browser: aiohttp.ClientSession
) -> None:
    token = await seed_link(participant)
    async with browser.get(f"/q/{token}", headers=GZIP) as response:
        assert "Content-Encoding" not in response.headers
        assert token in await response.text()
    await open_questions(browser, token)
    for path in ("/q/s/1", "/q/review", "/q/decline", "/q/now", "/q/thanks"):
        async with browser.get(path, headers=GZIP) as response:
            assert response.headers["Content-Encoding"] == "gzip"
            assert response.headers["Vary"] == "Accept-Encoding"
            assert token not in await response.text()
        async with browser.get(path, headers={"Accept-Encoding": "identity"}) as response:
            assert "Content-Encoding" not in response.headers
