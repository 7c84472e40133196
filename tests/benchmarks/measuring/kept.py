"""Databases that take minutes to fill: filled once, kept on the server of a folder, and copied."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from time import time
from typing import Any, Final, NamedTuple

import asyncpg

from pro_service.store.migrations import migrate
from tests.benchmarks.measuring.server import Server, database
from tests.support.databases import name_in
from tests.support.large import FILL

FRESH: Final = 86_400.0
"""Seconds a kept database is used: its open visits close after some days."""
LONGEST: Final = 0.3
"""Seconds a participant that filling may take, and two minutes more; then it is given up."""


class Filling(NamedTuple):
    """A way to fill a database."""

    kind: str
    """What it is called where it is kept."""
    fill: Callable[[str, int], Awaitable[Any]]
    """Fills the empty database at a URL with so many participants; gives what else is known."""
    made_of: tuple[Path, ...]
    """The files that say what is filled in: other ones make another database."""


@asynccontextmanager
async def filled(
    server: Server, filling: Filling, participants: int, kept_in: Path | None
) -> AsyncIterator[tuple[str, Any]]:
    """The URL of a filled database of one's own, and what filling it gave.

    It is filled anew, or copied from the one kept in a folder, which is made where there is none of
    today's. One that an earlier release filled is migrated, so that releases can be compared on the
    same rows. Raises TimeoutError where filling takes longer than it may.
    """
    if kept_in is None:
        async with database(server) as url:
            yield url, await _fill(filling, url, participants)
        return
    name = f"{filling.kind}_{participants}_{_digest(filling)}"
    note = kept_in / f"{name}.json"
    if not note.exists() or time() - note.stat().st_mtime > FRESH:
        async with database(server) as url:
            given = await _fill(filling, url, participants)
            await _keep_as(server, url, name)
        note.write_text(json.dumps(given), encoding="utf-8")
        note.chmod(0o600)
    async with database(server, template=name) as url:
        await _bring_up(url)
        yield url, json.loads(note.read_text(encoding="utf-8"))


async def _fill(filling: Filling, url: str, participants: int) -> Any:
    async with asyncio.timeout(120 + LONGEST * participants):
        return await filling.fill(url, participants)


async def _bring_up(url: str) -> None:
    superuser = await asyncpg.connect(url)
    try:
        if await migrate(superuser):
            await superuser.execute("VACUUM ANALYZE")
    finally:
        await superuser.close()


async def _keep_as(server: Server, url: str, name: str) -> None:
    connection = await asyncpg.connect(server.url)
    try:
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}"')
        await connection.execute(
            f'CREATE DATABASE "{name}" TEMPLATE "{name_in(url)}" STRATEGY FILE_COPY'
        )
    finally:
        await connection.close()


def _digest(filling: Filling) -> str:
    parts = [one.read_bytes() for one in (FILL, *filling.made_of)]
    return hashlib.sha256(b"\n".join(parts)).hexdigest()[:12]
