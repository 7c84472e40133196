"""Applies one migration, in the way its first line asks for, without keeping anybody waiting long.

Most files are one transaction. What changes a large table would hold its locks too long for that:
such a file is run in batches, or a statement at a time (`sql/README.md`, Adding a migration).
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from time import monotonic
from typing import Final, NamedTuple

import asyncpg

from pro_service.domain.errors import ProServiceError

LOCK_WAIT: Final = "1s"
"""So long a file waits for one lock. Whoever comes after it waits behind it, so it is well below
what a page waits for a statement (`PRO_DATABASE_SECONDS`)."""
IN_BATCHES: Final = "-- in batches"
BY_STATEMENT: Final = "-- statement by statement"
CONTRACTS: Final = "_contract_"
"""In the name of a file that takes away what the release before still uses."""

log = logging.getLogger("pro_service.store")


class MigrationError(ProServiceError):
    """The database schema cannot be brought up to date."""


class _GaveWayError(Exception):
    """A file and somebody else wanted the same lock, and the file gave way."""


class Migration(NamedTuple):
    """One file: `0001_name.sql` has version 1 and name `0001_name`."""

    version: int
    name: str
    sql: str
    sha256: str


class Patience:
    """How long a file that gives way is tried again, and how long it rests between tries."""

    seconds: float = 900.0
    rest: float = 0.5
    longest_rest: float = 10.0


async def apply(connection: asyncpg.Connection, series: str, migration: Migration) -> None:
    """Apply one file and note that it was; as the owner. Raises MigrationError."""
    kind = migration.sql.partition("\n")[0].strip()
    if kind == IN_BATCHES:
        await _in_batches(connection, series, migration)
    elif kind == BY_STATEMENT:
        await _by_statement(connection, series, migration)
    else:
        await _patiently(series, migration, lambda: _at_once(connection, series, migration))


async def _patiently(series: str, migration: Migration, step: Callable[[], Awaitable[int]]) -> int:
    """Try a step until it gets its locks: all of it or nothing each time.

    A transaction somebody left open, a long report, or the server's own housekeeping may hold them.
    Waiting on would queue everybody else behind us. Raises MigrationError.
    """
    until, rest = monotonic() + Patience.seconds, Patience.rest
    while True:
        try:
            return await step()
        except _GaveWayError as gave_way:
            if monotonic() >= until:
                raise MigrationError(
                    f"sql/{series}/{migration.name}.sql got no lock within"
                    f" {Patience.seconds / 60:.0f} minutes: {gave_way}.",
                    mend="End the transaction that was left open (pg_stat_activity, xact_start),"
                    " and migrate again.",
                ) from None
            log.warning("migration_waits", extra={"where": migration.name})
        except asyncpg.PostgresError as error:
            raise MigrationError(
                f"sql/{series}/{migration.name}.sql failed: {error.message}."
            ) from error
        # Not in step with whoever has it.
        await asyncio.sleep(rest * random.uniform(0.5, 1.0))  # noqa: S311  (a pause, no secret)
        rest = min(rest * 2, Patience.longest_rest)


async def _at_once(connection: asyncpg.Connection, series: str, migration: Migration) -> int:
    """The whole file and its note in one transaction."""
    async with _giving_way(connection):
        await connection.execute(migration.sql)
        await _note(connection, series, migration)
    return 0


async def _in_batches(connection: asyncpg.Connection, series: str, migration: Migration) -> None:
    """One statement again and again, each time in a transaction, until it finds nothing to change.

    It picks what is left by itself, so that one that was broken off goes on where it was.
    """

    async def batch() -> int:
        async with _giving_way(connection):
            return _rows_of(await connection.execute(migration.sql))

    done = 0
    while changed := await _patiently(series, migration, batch):
        done += changed
        log.info("migration_batch", extra={"where": migration.name, "count": done})
    await _note(connection, series, migration)


async def _by_statement(connection: asyncpg.Connection, series: str, migration: Migration) -> None:
    """Each statement by itself, outside a transaction: what CONCURRENTLY and VALIDATE are for.

    They keep nobody from reading or writing, so they may wait as long as it takes. One that was
    broken off is run again from the first, so each statement must bear that.
    """
    for statement in _statements(migration.sql):

        async def step(text: str = statement) -> int:
            try:
                await connection.execute(text)
            except asyncpg.DeadlockDetectedError as error:
                raise _GaveWayError(error.message) from error
            return 0

        await _patiently(series, migration, step)
        log.info("migration_step", extra={"where": migration.name})
    await _note(connection, series, migration)


def _statements(sql: str) -> list[str]:
    """The statements of a file, each of which ends a line with its semicolon."""
    parts = (part.strip() for part in f"{sql}\n".split(";\n"))
    return [part for part in parts if any(_is_code(line) for line in part.splitlines())]


def _is_code(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("--")


def _rows_of(status: str) -> int:
    """How many rows the last statement changed, as the server says (`UPDATE 5000`)."""
    count = status.rpartition(" ")[2]
    if not count.isdecimal():
        raise MigrationError(f"A file in batches must end with what changes rows, not {status}.")
    return int(count)


@asynccontextmanager
async def _giving_way(connection: asyncpg.Connection) -> AsyncIterator[None]:
    """A transaction that waits for no lock longer than LOCK_WAIT. Raises _GaveWayError then."""
    try:
        async with connection.transaction():
            await connection.execute(f"SET LOCAL lock_timeout = '{LOCK_WAIT}'")
            yield
    except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError) as error:
        raise _GaveWayError(error.message) from error


async def _note(connection: asyncpg.Connection, series: str, migration: Migration) -> None:
    await connection.execute(
        "INSERT INTO pro_meta.schema_migrations (series, version, name, sha256)"
        " VALUES ($1, $2, $3, $4)",
        series,
        migration.version,
        migration.name,
        migration.sha256,
    )
