"""A study late in its course that can be answered: thousands of participants with their history.

The rows are those of `tests/support/large.py`. What stands there for something sealed or hashed is
made true here: data keys, numbers, links, the protocol. So anybody in it may open their link, send
a text or be reminded. It is ten in the morning where the participants live, and each has a visit
open that asks 26 questions.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_service.store.base import operations
from pro_service.store.pools import connect
from pro_service.vault.keys import KeyRing
from pro_service.vault.vault import Vault
from tests.benchmarks.measuring import filling
from tests.benchmarks.measuring.filling import ACTOR, Keys, fill, open_visit, phone
from tests.benchmarks.measuring.kept import Filling, filled
from tests.benchmarks.measuring.server import Server
from tests.support.large import OTHERS, VISITS, row_id

OUR_ADDRESS: Final = "+12025550199"
WORLD: Final = Filling("world", fill, (Path(filling.__file__),))
ZONE: Final = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class World:
    """A filled database, and how its participants are reached."""

    url: str
    keys: Keys
    participants: int

    @property
    def vault(self) -> Vault:
        """A vault under the world's keys."""
        return Vault(*(KeyRing.parse(ring) for ring in self.keys))

    @property
    def alone(self) -> list[int]:
        """The counts of those whose number is nobody else's, and whose open visit is untouched."""
        everybody = range(1, self.participants + 1)
        return [n for n in everybody if n % 20 not in (0, 19) and open_visit(n) % 20]

    @property
    def visits(self) -> list[UUID]:
        """The open visit of each of `alone`."""
        return [row_id(VISITS, open_visit(n)) for n in self.alone]

    def tokens(self) -> list[str]:
        """The link to the open visit of each of `alone`."""
        vault = self.vault
        return [vault.link_token(row_id(OTHERS, open_visit(n))) for n in self.alone]

    def phones(self) -> list[str]:
        """The numbers of `alone`; each has been asked the first question of the open visit."""
        return [phone(n) for n in self.alone]


@asynccontextmanager
async def filled_world(
    server: Server, participants: int, *, kept_in: Path | None = None
) -> AsyncIterator[World]:
    """A world of its own for one run, filled anew or copied from the one kept in a folder."""
    async with filled(server, WORLD, participants, kept_in) as (url, keys):
        await move_to_the_morning(url)
        yield World(url, (keys[0], keys[1], keys[2]), participants)


async def move_to_the_morning(url: str) -> None:
    """Study time goes on to the next ten o'clock: a nudge may go, a window stays open."""
    operator = await connect(url, role="pro_operator", actor=ACTOR)
    try:
        now = await operations.get_study_time(operator)
        local: datetime = now.astimezone(ZONE)
        ten = local.replace(hour=10, minute=0, second=0, microsecond=0)
        await operations.move_clock(operator, ten if ten > local else ten + timedelta(days=1))
    finally:
        await operator.close()
