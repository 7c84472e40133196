"""A small study for tests of saving: one participant a test, on a database of the module's own."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import asyncpg
from playwright.async_api import Page

from pro_service.store.pools import connect, open_pools
from tests.browser.answering import begin
from tests.browser.window import Window
from tests.support.seed import (
    BASELINE,
    SeededParticipant,
    SeededStudy,
    make_context,
    seed_link,
    seed_participant,
    seed_study,
    seed_visit,
)
from tests.support.waiting import until
from tests.support.web import serving

LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass
class Study:
    """A served study, to which a test adds the participant it needs."""

    base: str
    seeded: SeededStudy
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    async def participant(
        self,
        *,
        language: str = "en",
        asks: tuple[tuple[str, str], ...] = BASELINE,
        closes: timedelta | None = timedelta(days=5),
        injected_days_ago: int | None = None,
        definition: str = "baseline",
    ) -> tuple[SeededParticipant, str]:
        """A participant with one open visit, and the address of the link to it."""
        number = next(self.numbers)
        made = await seed_participant(
            self.seeded,
            code=f"T-{number:03}",
            personal_code=f"{LETTERS[number // 20]}23456{2 + number % 8}{LETTERS[number % 20]}",
            language=language,
            injected_days_ago=injected_days_ago,
        )
        await seed_visit(made, definition, asks=asks, closes=closes)
        return made, f"/q/{await seed_link(made, definition)}"

    async def stored(self, participant: SeededParticipant) -> dict[str, Any]:
        """Every response of a participant by item; an item stored twice shows as a list."""
        rows = await self.seeded.owner.fetch(
            "SELECT item, value FROM pro.responses WHERE participant_id = $1 ORDER BY id",
            participant.id,
        )
        found: dict[str, list[int | None]] = {}
        for row in rows:
            found.setdefault(row["item"], []).append(row["value"])
        return {item: one[0] if len(one) == 1 else one for item, one in found.items()}

    async def count(self, table: str, participant: SeededParticipant) -> int:
        """How many rows of a table a participant has."""
        query = f"SELECT count(*) FROM pro.{table} WHERE participant_id = $1"
        return int(await self.seeded.owner.fetchval(query, participant.id))

    async def submitted(self, participant: SeededParticipant) -> int:
        """How many of a participant's assessments are in."""
        return int(
            await self.seeded.owner.fetchval(
                "SELECT count(submitted_at) FROM pro.assessments WHERE participant_id = $1",
                participant.id,
            )
        )


@asynccontextmanager
async def open_study(database: str) -> AsyncIterator[Study]:
    """Serve the example study on a migrated database."""
    context = make_context()
    owner: asyncpg.Connection = await connect(database, role="pro_owner", actor="test:owner")
    try:
        seeded = await seed_study(owner, context)
        pools = await open_pools(database)
        async with pools, serving(pools, context) as server:
            context.public_url = str(server.make_url("/")).rstrip("/")
            yield Study(context.public_url, seeded)
    finally:
        await owner.close()


async def at_first_question(phone: Window, link: str) -> Page:
    """Open a link and go to the first question, with the next one in hand."""
    await phone.go(link)
    await begin(phone)
    return phone.page


async def until_stored(study: Study, participant: SeededParticipant, count: int) -> None:
    """Wait until so many responses are stored."""

    async def are_stored() -> bool:
        return await study.count("responses", participant) >= count

    await until(are_stored)
