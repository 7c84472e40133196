"""`texts`: a signed text with one answer, to its reply.

Beside it the prototype's: the same HMAC, one statement, a reply of one line. A step is one text.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import count
from typing import Final
from urllib.parse import urlencode

import aiohttp
from pydantic import SecretStr

from pro_service.domain.conversation.asking import PACE
from pro_service.messaging.gateway import InboundText
from pro_service.messaging.simulator import wire
from tests.benchmarks.limits import bare
from tests.benchmarks.measuring.chosen import Chosen, Found
from tests.benchmarks.measuring.rounds import Contender, dearest, take_turns
from tests.benchmarks.measuring.server import Server, database
from tests.benchmarks.measuring.service import SECRET, bare_served, served
from tests.benchmarks.measuring.walking import Step
from tests.benchmarks.measuring.world import OUR_ADDRESS, filled_world

FORM: Final = {"Content-Type": wire.FORM}
SETTLED: Final = PACE.settles.total_seconds() + 0.1
"""Seconds between two texts of one telephone: sooner, a question counts as unread."""
WORDS: Final = ("3", "4", "5", "6")
"""Said in turn: the same words again within ten seconds are one text that came twice."""
QUESTIONS: Final = 20
"""Answered in a sitting; a few fewer than are asked."""
Request = tuple[str, bytes, dict[str, str]]
"""Address, body, headers."""
_ids = count(1)


@dataclass
class Sitting:
    """A telephone whose owner answers question after question."""

    phone: str
    said: int = 0
    said_at: float = 0.0


class Senders:
    """Each unit one text of a telephone that has rested since its last; a connection a lane.

    People sit down and answer question after question: whoever has rested goes on, until the
    sitting is over, and only where nobody has somebody else begins. A round ends early where
    everybody has just said something: take more participants then.
    """

    def __init__(
        self,
        base: str,
        phones: Sequence[str],
        lanes: int,
        text: Callable[[str, str], Request],
        *,
        rest: float = 0.0,
    ) -> None:
        """Telephones are dealt out, so that no two lanes meet on one; each rests between texts."""
        self._base, self._text = base, text
        self._fresh = [iter(phones[lane::lanes]) for lane in range(lanes)]
        self._sitting: list[deque[Sitting]] = [deque() for _ in range(lanes)]
        self._rest = rest
        self._ways: dict[int, aiohttp.ClientSession] = {}

    async def once(self, lane: int, step: Step) -> int:
        """One text and its reply."""
        if lane not in self._ways:
            self._ways[lane] = aiohttp.ClientSession(
                self._base, connector=aiohttp.TCPConnector(limit=1)
            )
        began = time.perf_counter()
        sitting = self._next(lane, began)
        if sitting is None:
            return 0
        address, body, headers = self._text(sitting.phone, WORDS[sitting.said % len(WORDS)])
        sitting.said, sitting.said_at = sitting.said + 1, began
        if sitting.said < QUESTIONS:
            self._sitting[lane].append(sitting)
        async with self._ways[lane].post(address, data=body, headers=headers) as response:
            await response.read()
            if response.status != 200:
                raise RuntimeError(f"a text was answered {response.status}")
        step(time.perf_counter() - began)
        return 1

    def _next(self, lane: int, now: float) -> Sitting | None:
        """Who of the lane says something now."""
        sitting = self._sitting[lane]
        if sitting and now - sitting[0].said_at >= self._rest:
            return sitting.popleft()
        phone = next(self._fresh[lane], None)
        return None if phone is None else Sitting(phone)

    async def close(self) -> None:
        """Hang up."""
        for way in self._ways.values():
            await way.close()


def our_text(base: str) -> Callable[[str, str], Request]:
    """A text as the simulator posts it."""
    url = base + wire.INBOUND_PATH

    def text(their: str, words: str) -> Request:
        parameters = wire.encode_inbound(
            InboundText(
                provider_id=f"bench-{next(_ids)}",
                our_address=OUR_ADDRESS,
                their_address=their,
                body=words,
            )
        )
        signature = wire.sign(SecretStr(SECRET), url, parameters)
        body = wire.encode_form(parameters)
        return wire.INBOUND_PATH, body, FORM | {wire.SIGNATURE_HEADER: signature}

    return text


def bare_text(their: str, words: str) -> Request:
    """A text to the prototype."""
    body = urlencode({"id": f"bench-{next(_ids)}", "from": their, "body": words}).encode()
    return "/inbound", body, FORM | {bare.SIGNATURE: bare.sign(body)}


async def measure(chosen: Chosen, server: Server) -> Found:
    """Texts a second of ours and of the prototype."""
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(
            filled_world(server, chosen.participants, kept_in=chosen.folder)
        )
        service = await stack.enter_async_context(served(world, profile=chosen.profile))
        text = our_text(service.base)
        ours = Senders(service.base, world.phones(), chosen.clients, text, rest=SETTLED)
        stack.push_async_callback(ours.close)
        sides = [Contender("text to reply", ours.once, world.url, service.pid)]
        if chosen.beside:
            url = await stack.enter_async_context(database(server))
            await bare.fill_bare(url, chosen.participants)
            there = await stack.enter_async_context(bare_served(url))
            phones = [f"+1555{n}" for n in range(1, chosen.participants + 1)]
            theirs = Senders(there.base, phones, chosen.clients, bare_text)
            stack.push_async_callback(theirs.close)
            sides.append(Contender("bare prototype", theirs.once, url, there.pid))
        await take_turns(
            sides, server, rounds=chosen.rounds, seconds=chosen.seconds, lanes=chosen.clients
        )
        found = Found.of("texts", "signed texts answered a second", sides, [])
        found.more = dearest(sides[0].statements, sides[0].done)
        return found
