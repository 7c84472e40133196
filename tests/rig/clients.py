"""Participants on pages and by text, at any server: they try again, and note what is kept."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator
from itertools import count
from typing import Final

import aiohttp

from pro_service.messaging.gateway import InboundText
from pro_service.messaging.simulator import wire
from tests.benchmarks.measuring.walking import VALUE, WalkError, main_form
from tests.benchmarks.measuring.world import OUR_ADDRESS
from tests.benchmarks.texts import SETTLED, WORDS
from tests.rig.books import Acknowledged, Provider
from tests.rig.proxy import Link

BOUND: Final = aiohttp.ClientTimeout(total=10)
AGAIN: Final = 0.3
MOST_PAGES: Final = 60
GONE: Final = (aiohttp.ClientError, TimeoutError, OSError)


class Doors:
    """The ways participants reach the servers, each asked in turn."""

    def __init__(self, links: list[Link]) -> None:
        """Nobody has come in yet."""
        self.links = links
        self.served: dict[str, float] = dict.fromkeys((one.name for one in links), 0.0)
        """When the last answer that was kept had been sent off, by the way it went (monotonic)."""
        self._turns = count()

    def next(self) -> Link:
        """Whichever comes next."""
        return self.links[next(self._turns) % len(self.links)]


class Walker:
    """Somebody with a browser, who answers one questionnaire after the other."""

    def __init__(self, doors: Doors, book: Acknowledged, pause: float, seed: str) -> None:
        """`pause` is the longest rest between two pages, in seconds."""
        self._doors, self._book, self._pause = doors, book, pause
        self._random = random.Random(seed)
        self.lost_its_way: list[str] = []
        """Pages that were not the ones expected, of an acknowledged journey."""

    async def walk(self, links: Iterator[str], until: asyncio.Event) -> None:
        """Journeys until told to end, or until no link is left."""
        for token in links:
            if until.is_set():
                return
            jar = aiohttp.CookieJar(unsafe=True)
            async with aiohttp.ClientSession(timeout=BOUND, cookie_jar=jar) as http:
                try:
                    await self._journey(http, token, until)
                except WalkError as error:
                    self.lost_its_way.append(str(error))

    async def _journey(self, http: aiohttp.ClientSession, token: str, until: asyncio.Event) -> None:
        page, address = await self._ask(http, "POST", f"/q/{token}/open", [], until)
        for _ in range(MOST_PAGES):
            form = main_form(page)
            if until.is_set() or address == "/q/thanks":
                return
            if form is None:
                raise WalkError(f"{address} has no form to go on with")
            page, address = await self._ask(http, "POST", *form, until)
            if not until.is_set():
                self._note(*form, address)
            await asyncio.sleep(self._random.uniform(0, self._pause))

    def _note(self, action: str, fields: list[tuple[str, str]], address: str) -> None:
        """What the page that came says is kept."""
        given = dict(fields)
        if action.startswith("/q/s/"):
            for name, value in fields:
                if name.startswith("a.") and value == VALUE:
                    self._book.answers[given["assessment"], name.removeprefix("a.")] = value
        elif address == "/q/thanks":
            self._book.sittings.update(value for name, value in fields if name == "part")

    async def _ask(
        self,
        http: aiohttp.ClientSession,
        method: str,
        path: str,
        fields: list[tuple[str, str]],
        until: asyncio.Event,
    ) -> tuple[str, str]:
        """The page that follows, from whichever server gives it. Raises WalkError."""
        while not until.is_set():
            door, began = self._doors.next(), time.monotonic()
            url = f"http://127.0.0.1:{door.port}{path}"
            try:
                async with http.request(method, url, data=fields) as answer:
                    page = await answer.text()
                    if answer.ok:
                        self._doors.served[door.name] = began
                        return page, answer.url.path
                    if answer.status < 500 and answer.status != 429:
                        raise WalkError(f"{path}: {answer.status} at {answer.url.path}")
            except GONE:
                pass
            await asyncio.sleep(AGAIN)
        return "", ""


class Phone:
    """Somebody who answers by text, a word at a time."""

    def __init__(self, number: str, provider: Provider, book: Acknowledged) -> None:
        """Nothing was said."""
        self._number, self._provider, self._book = number, provider, book

    async def talk(self, until: asyncio.Event) -> None:
        """Text after text until told to end; each is delivered before the next is written."""
        for turn in count():
            await asyncio.sleep(SETTLED)
            if until.is_set():
                return
            text = InboundText(
                provider_id=f"rig-{self._number.removeprefix('+')}-{turn}",
                our_address=OUR_ADDRESS,
                their_address=self._number,
                body=WORDS[turn % len(WORDS)],
            )
            if await self._provider.deliver(wire.encode_inbound(text), self._number):
                self._book.texts.add(text.provider_id)
