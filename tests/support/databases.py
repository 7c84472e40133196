"""One PostgreSQL server a run, one database a test, cloned from a migrated template."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Generic, TypeVar
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from pro_service.embedded import EmbeddedPostgres
from pro_service.store.migrations import migrate, read_migrations

Result = TypeVar("Result")
SHARED_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - the server gets a folder of its own in it
ROOM: Final = 2 * 1024**3


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run `work` to its end on a loop of its own, leaving the tests' own loops alone."""
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        return runner.run(work)


def url_of(server_url: str, database: str) -> str:
    """The same server, another database."""
    return urlunsplit(urlsplit(server_url)._replace(path=f"/{database}"))


def bin_dir_for_tests() -> Path | None:
    """Another PostgreSQL's programs instead of the wheel's, where PRO_TEST_POSTGRES_BIN says so."""
    given = os.environ.get("PRO_TEST_POSTGRES_BIN")
    return Path(given) if given else None


@contextmanager
def server_for_tests() -> Iterator[str]:
    """The URL of a server: PRO_TEST_DATABASE_URL's, or an embedded one for this run."""
    given = os.environ.get("PRO_TEST_DATABASE_URL")
    if given:
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="pro-test-", dir=folder_in_memory()) as folder:
        Path(folder).chmod(0o755)
        # Thousands of connections, in a folder that is this run's alone.
        server = EmbeddedPostgres(
            Path(folder) / "pg", durable=False, trusting=True, bin_dir=bin_dir_for_tests()
        )
        run(server.start())
        try:
            run(_plan_once(server.url))
            yield server.url
        finally:
            run(server.stop())


def folder_in_memory() -> Path | None:
    """A folder whose files never reach a disk, if the machine has room in one; else None.

    A database a test means hundreds of files made and removed: five times slower on a disk.
    """
    if os.access(SHARED_MEMORY, os.W_OK) and shutil.disk_usage(SHARED_MEMORY).free >= ROOM:
        return SHARED_MEMORY
    return None


@contextmanager
def empty_database(server_url: str) -> Iterator[str]:
    """A database without a schema, dropped afterwards."""
    name = f"pro_test_{uuid.uuid4().hex}"
    run(_execute(server_url, f'CREATE DATABASE "{name}"'))
    try:
        yield url_of(server_url, name)
    finally:
        run(_execute(server_url, f'DROP DATABASE "{name}" WITH (FORCE)'))


@contextmanager
def migrated_template(server_url: str) -> Iterator[str]:
    """The name of a database of kind `validation` with every migration applied."""
    name = f"pro_template_{uuid.uuid4().hex}"
    run(_execute(server_url, f'CREATE DATABASE "{name}" ENCODING UTF8 TEMPLATE template0'))
    try:
        run(_migrate_everything(url_of(server_url, name)))
        yield name
    finally:
        run(_execute(server_url, f'DROP DATABASE "{name}" WITH (FORCE)'))


@contextmanager
def clone(server_url: str, template: str) -> Iterator[str]:
    """The URL of a copy of `template`, dropped afterwards."""
    name = f"pro_test_{uuid.uuid4().hex}"
    run(_clone(server_url, template, name))
    try:
        yield url_of(server_url, name)
    finally:
        run(_execute(server_url, f'DROP DATABASE "{name}" WITH (FORCE)'))


@dataclass(frozen=True)
class Prepared(Generic[Result]):
    """A database that several tests begin with, and what is to be known of what was made in it."""

    database: str
    made: Result


@contextmanager
def prepare(
    server_url: str, template: str, make: Callable[[str], Coroutine[Any, Any, Result]]
) -> Iterator[Prepared[Result]]:
    """Clone `template` and let `make` work on the copy; it leaves no connection behind."""
    with clone(server_url, template) as url:
        yield Prepared(urlsplit(url).path.removeprefix("/"), run(make(url)))


async def _migrate_everything(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        if read_migrations("migrations"):
            await migrate(connection, kind="validation")
        if read_migrations("simulator"):
            await migrate(connection, series="simulator")
    finally:
        await connection.close()


async def _clone(server_url: str, template: str, name: str) -> None:
    connection = await asyncpg.connect(server_url)
    try:
        # Copying files means two checkpoints: quick only where nothing is forced to disk.
        forced = await connection.fetchval("SELECT current_setting('fsync')::boolean")
        strategy = "wal_log" if forced else "file_copy"
        await connection.execute(
            f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY {strategy}'
        )
        # Rights on the database itself are not copied with it.
        await connection.execute(f'GRANT CREATE, CONNECT, TEMPORARY ON DATABASE "{name}" TO PUBLIC')
    finally:
        await connection.close()


async def _plan_once(url: str) -> None:
    """Let a statement be planned once a connection, as it is after its fifth use.

    A test's connections live for a few statements: half of the server's work is planning.
    A server given by PRO_TEST_DATABASE_URL plans as it always does.
    """
    await _execute(url, "ALTER SYSTEM SET plan_cache_mode = force_generic_plan")
    await _execute(url, "SELECT pg_reload_conf()")


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
