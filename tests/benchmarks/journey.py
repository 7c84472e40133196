"""`journey`: from a link to the thanks, 26 answers, as the pages' script asks for it.

Beside it the bare prototype and oTree. A step is one save.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

from tests.benchmarks.limits.bare import SCREENS, fill_bare
from tests.benchmarks.limits.otree import otree_journey, otree_served
from tests.benchmarks.limits.packages import NotHadError
from tests.benchmarks.measuring.chosen import Chosen, Found
from tests.benchmarks.measuring.rounds import Contender, dearest, take_turns
from tests.benchmarks.measuring.server import Server, database
from tests.benchmarks.measuring.service import Service, bare_served, served
from tests.benchmarks.measuring.telephone import Telephone
from tests.benchmarks.measuring.walking import Step, journey, main_form
from tests.benchmarks.measuring.world import filled_world

Walk = Callable[[Telephone, str, Step], Awaitable[None]]


class Walkers:
    """Each unit one participant's journey, who is never met again; a connection a lane."""

    def __init__(self, base: str, links: list[str], walk: Walk) -> None:
        """Nobody has gone yet."""
        self._base, self._walk = base, walk
        self._links = iter(links)
        self._telephones: dict[int, Telephone] = {}

    async def once(self, lane: int, step: Step) -> int:
        """One journey with cookies of its own; 0 once nobody is left."""
        link = next(self._links, None)
        if link is None:
            return 0
        telephone = self._telephones.setdefault(lane, Telephone(self._base))
        telephone.forget()
        await self._walk(telephone, link, step)
        return 1

    async def close(self) -> None:
        """Hang up."""
        for telephone in self._telephones.values():
            await telephone.close()


async def with_scripts(http: Telephone, token: str, step: Step) -> None:
    """As nearly everybody's telephone does it."""
    await journey(http, token, step, scripts=True)


async def bare_journey(http: Telephone, token: str, step: Step) -> None:
    """The prototype's pages."""
    page = (await http.get(f"/b/{token}")).text
    for number in range(SCREENS + 1):
        form = main_form(page)
        if form is None:
            raise RuntimeError("the prototype's page has no form")
        began = time.perf_counter()
        answer = await http.post(form[0], form[1] or {"send": "1"})
        if answer.status != 200:
            raise RuntimeError(f"the prototype answered {answer.status}")
        page = answer.text
        if number < SCREENS:
            step(time.perf_counter() - began)


async def measure(chosen: Chosen, server: Server) -> Found:
    """Journeys a second of ours, of the prototype and of oTree."""
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(
            filled_world(server, chosen.participants, kept_in=chosen.folder)
        )
        service = await stack.enter_async_context(served(world, profile=chosen.profile))

        def side(name: str, at: Service, url: str, links: list[str], walk: Walk) -> Contender:
            walkers = Walkers(at.base, links, walk)
            stack.push_async_callback(walkers.close)
            return Contender(name, walkers.once, url, at.pid)

        tokens = world.tokens()
        sides = [side("journey", service, world.url, tokens, with_scripts)]
        notes: list[str] = []
        if chosen.beside:
            url = await stack.enter_async_context(database(server))
            await fill_bare(url, chosen.participants)
            there = await stack.enter_async_context(bare_served(url))
            links = [f"t{n}" for n in range(1, chosen.participants + 1)] * 50
            sides.append(side("bare prototype", there, url, links, bare_journey))
        if chosen.packages:
            url = await stack.enter_async_context(database(server))
            try:
                there, codes = await stack.enter_async_context(
                    otree_served(url, len(tokens), kept_in=chosen.folder)
                )
                sides.append(side("oTree", there, url, codes, otree_journey))
            except NotHadError as reason:
                notes.append(f"oTree is left out: {reason}")
        await take_turns(
            sides, server, rounds=chosen.rounds, seconds=chosen.seconds, lanes=chosen.clients
        )
        found = Found.of(
            "journey", "journeys of 26 answers a second; a step is a save", sides, notes
        )
        found.more = dearest(sides[0].statements, sides[0].done)
        return found
