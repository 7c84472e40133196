"""Addresses, cookies, heads and bodies that nobody means: no door fails, and nothing is written.

`.ci/run` sends a few hundred, `.ci/thorough` twenty thousand; the readers behind the doors are
tried with a hundred thousand more in `tests/unit/test_inputs_in_bulk.py`.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections import Counter
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote, urlencode

import asyncpg
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from pro_service.app import listening
from tests.support.record.hostile import BELIEVED, CANARY, HOSTILE
from tests.support.seed import SeededParticipant, seed_link
from tests.support.web import counts

QUEUED: Final = re.compile(r"^/c$|/sign-in|/second-step")
"""Doors that let tries wait in a queue, which have tests of their own."""
COOKIES: Final = ("pro", "desk", "who", "language", "tablet", "card", "factor", "__Secure-pro")
HEADS: Final = (
    *("Accept-Language", "User-Agent", "X-Forwarded-For", "If-None-Match", "Authorization"),
    *("Idempotency-Key", "X-Twilio-Signature", "X-Test", "Content-Type", "Origin", "Last-Event-ID"),
)


def addresses_of(server: TestServer) -> list[tuple[str, str]]:
    """Every method and address, with `{}` where something is to be put in."""
    assert server.app is not None
    found = {
        (route.method, re.sub(r"\{[^}]+\}", "{}", route.resource.canonical))
        for route in server.app.router.routes()
        if route.resource is not None and route.method in ("GET", "POST", "PUT", "PATCH", "DELETE")
    }
    return sorted(one for one in found if not QUEUED.search(one[1]))


class Sender:
    """Makes requests as bytes, so that none is refused on the way out."""

    def __init__(self, chance: random.Random, token: str) -> None:
        """`token` is somebody's link: a part of it stands in some values."""
        self._chance = chance
        self._known = (token, token[:-1], token.upper(), f"{token}\u00e9", "P-001", "1", "en")

    def value(self) -> str:
        """Something nobody means."""
        chance = self._chance
        kind = chance.random()
        if kind < 0.4:
            return chance.choice(HOSTILE)[:3_000]
        if kind < 0.7:
            return chance.choice(self._known) + chance.choice(HOSTILE)[:200]
        return bytes(chance.randrange(256) for _ in range(chance.randrange(40))).decode("latin-1")

    def request(self, method: str, address: str) -> bytes:
        """One request, with its connection closed behind it."""
        path = re.sub(r"\{\}", lambda _: quote(self.value(), safe="/") or "x", address)
        if self._chance.random() < 0.5:
            path += "?" + urlencode({"after": self.value(), self.value(): "1"})
        cookies = "; ".join(f"{name}={self._raw()}" for name in self._chance.sample(COOKIES, 3))
        heads = {name: self._raw() for name in self._chance.sample(HEADS, 3)}
        body = urlencode({"form": self.value(), "code": self.value(), "key": self.value()}).encode()
        if self._chance.random() < 0.3:
            body = self.value().encode("utf-8", "surrogatepass")
        lines = [f"{method} {path} HTTP/1.1", "Host: pro.example", f"Cookie: {cookies}"]
        lines += [f"{name}: {value}" for name, value in heads.items()]
        if "Content-Type" not in heads:
            lines.append("Content-Type: application/x-www-form-urlencoded")
        lines += [f"Content-Length: {len(body)}", "Connection: close", "", ""]
        return "\r\n".join(lines).encode("latin-1", "replace") + body

    def _raw(self) -> str:
        """A value of a head: any byte but those that none may have (see the test below)."""
        return re.sub(r"[\x00-\x1f\x7f]", " ", self.value()).encode("utf-8").decode("latin-1")


async def answered(server: TestServer, request: bytes) -> tuple[int, str]:
    """Status and text of the answer; 0 where the connection was closed without one.

    What could not even be read as a request, the test's own server repeats; ours does not (below).
    """
    return await sent_to(str(server.host), server.port or 0, request)


async def sent_to(host: str, port: int, request: bytes) -> tuple[int, str]:
    """Send bytes; status and text of the answer."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(request)
        text = (await asyncio.wait_for(reader.read(), 30)).decode("utf-8", "replace")
    except ConnectionError:
        return 0, ""
    finally:
        writer.close()
    status = re.match(r"HTTP/1\.[01] (\d+)", text)
    return (0 if status is None else int(status[1])), text


def requests_of(server: TestServer, token: str, many: int) -> Iterator[tuple[str, bytes]]:
    """So many requests, all addresses in turn; the same in every run."""
    sender, addresses = Sender(random.Random(1), token), addresses_of(server)
    for number in range(many):
        method, address = addresses[number % len(addresses)]
        yield f"{method} {address}", sender.request(method, address)


@pytest.mark.parametrize("many", [600, pytest.param(20_000, marks=pytest.mark.thorough)])
async def test_no_door_fails_or_writes_whatever_is_sent_to_it(
    participant: SeededParticipant, server: TestServer, owner: asyncpg.Connection, many: int
) -> None:
    token = await seed_link(participant)
    before = await counts(owner)
    read: Counter[int] = Counter()
    wrong: list[tuple[str, int, str]] = []
    for name, request in requests_of(server, token, many):
        status, text = await answered(server, request)
        was_read = text.startswith("HTTP/1.1")
        read[status] += was_read
        if status >= 500 or (was_read and any(one in text for one in BELIEVED)):
            wrong.append((name, status, repr(request)[:300]))
    assert wrong == []
    assert read.total() > many * 0.9
    assert len([status for status in read if read[status] > many // 100]) >= 4
    after = await counts(owner)
    assert after | {"audit_entries": 0} == before | {"audit_entries": 0}


@pytest.mark.parametrize(
    "nonsense",
    [
        f"GET / HTTP/1.1\r\nHost: x\r\nCookie: a=\x18{CANARY}\r\n\r\n",
        f"{CANARY}\r\n\r\n",
        f"GET /{CANARY * 1000} HTTP/1.1\r\nHost: x\r\n\r\n",
        f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {CANARY}\r\n\r\n",
    ],
)
async def test_what_is_no_request_is_refused_without_a_word_of_it_or_of_our_software(
    nonsense: str,
) -> None:
    async with listening(web.Application(), "127.0.0.1", 0) as port:
        status, text = await sent_to("127.0.0.1", port, nonsense.encode())
    assert status == 400
    for word in (CANARY, "aiohttp", "Python"):
        assert word not in text
