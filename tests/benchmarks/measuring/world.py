"""A study late in its course that can be answered: thousands of participants with their history.

The rows are those of `tests/support/large.py`. What stands there for something sealed or hashed is
made true here: data keys, numbers, links, the protocol. So anybody in it may open their link, send
a text or be reminded. It is ten in the morning where the participants live, and each has a visit
open that asks 26 questions.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from time import time
from typing import Final
from zoneinfo import ZoneInfo

import asyncpg

from pro_service.store.base import operations
from pro_service.store.migrations import read_migrations
from pro_service.store.pools import connect
from pro_service.vault.keys import KeyRing
from pro_service.vault.vault import Vault
from tests.benchmarks.measuring import filling
from tests.benchmarks.measuring.filling import ACTOR, Keys, fill, open_visit, phone
from tests.benchmarks.measuring.server import Server, database, name_in
from tests.support.large import FILL, OTHERS, row_id

OUR_ADDRESS: Final = "+12025550199"
FRESH: Final = 86_400.0
"""Seconds a kept world is used: its open visits close after some days."""
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
    if kept_in is None:
        async with database(server) as url:
            world = World(url, await fill(url, participants), participants)
            await move_to_the_morning(url)
            yield world
        return
    name = f"world_{participants}_{_digest()}"
    note = kept_in / f"{name}.json"
    if not note.exists() or time() - note.stat().st_mtime > FRESH:
        await _keep(server, name, note, participants)
    keys: list[str] = json.loads(note.read_text(encoding="utf-8"))
    async with database(server, template=name) as url:
        await move_to_the_morning(url)
        yield World(url, (keys[0], keys[1], keys[2]), participants)


async def _keep(server: Server, name: str, note: Path, participants: int) -> None:
    """Fill a database that runs are copied from."""
    async with database(server) as url:
        keys = await fill(url, participants)
        connection = await asyncpg.connect(server.url)
        try:
            await connection.execute(f'DROP DATABASE IF EXISTS "{name}"')
            await connection.execute(
                f'CREATE DATABASE "{name}" TEMPLATE "{name_in(url)}" STRATEGY FILE_COPY'
            )
        finally:
            await connection.close()
    _note(note, keys)


def _note(note: Path, keys: Keys) -> None:
    note.write_text(json.dumps(keys), encoding="utf-8")
    note.chmod(0o600)


def _digest() -> str:
    """What a kept world was made of: another schema or another filling makes another."""
    parts = [one.sql for one in read_migrations("migrations")]
    parts += [FILL.read_text(encoding="utf-8"), Path(filling.__file__).read_text(encoding="utf-8")]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


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
