"""One PostgreSQL server a run, one database a test, cloned from a migrated template."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import threading
import uuid
from collections.abc import Callable, Coroutine, Iterator
from contextlib import closing, contextmanager
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


class Housekeeper:
    """Makes and drops the databases of a run on one connection: thousands of them."""

    def __init__(self, server_url: str) -> None:
        # Runs of killed processes make theirs side by side, each in a thread.
        self._turn = threading.Lock()
        self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        self._connection = self._runner.run(asyncpg.connect(server_url))
        # Copying files means two checkpoints: quick only where nothing is forced to disk.
        forced = self._runner.run(
            self._connection.fetchval("SELECT current_setting('fsync')::boolean")
        )
        self._strategy = "wal_log" if forced else "file_copy"

    def do(self, *statements: str) -> None:
        """Statements of which each is a transaction of its own."""
        with self._turn:
            for statement in statements:
                self._runner.run(self._connection.execute(statement))

    def copy(self, template: str, name: str) -> None:
        """A database that is a copy of another, to which nobody is connected."""
        self.do(
            f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY {self._strategy}',
            # Rights on the database itself are not copied with it.
            f'GRANT CREATE, CONNECT, TEMPORARY ON DATABASE "{name}" TO PUBLIC',
        )

    def drop(self, name: str) -> None:
        """Whoever is still connected is thrown out."""
        self.do(f'DROP DATABASE "{name}" WITH (FORCE)')

    def close(self) -> None:
        """End the connection, before the server ends."""
        self._runner.run(self._connection.close())
        self._runner.close()


_housekeepers: dict[str, Housekeeper] = {}


@contextmanager
def kept(server_url: str) -> Iterator[Housekeeper]:
    """The housekeeper of a server: the run's own, or one for this once."""
    found = _housekeepers.get(server_url)
    if found is not None:
        yield found
        return
    with closing(Housekeeper(server_url)) as keeper:
        yield keeper


@contextmanager
def housekeeping(server_url: str) -> Iterator[None]:
    """Keep one for as long as the run uses this server."""
    with closing(Housekeeper(server_url)) as keeper:
        _housekeepers[server_url] = keeper
        try:
            yield
        finally:
            del _housekeepers[server_url]


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run `work` to its end on a loop of its own, leaving the tests' own loops alone."""
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        return runner.run(work)


def url_of(server_url: str, database: str) -> str:
    """The same server, another database."""
    return urlunsplit(urlsplit(server_url)._replace(path=f"/{database}"))


def name_in(url: str) -> str:
    """The database a URL leads to."""
    return urlsplit(url).path.removeprefix("/")


def bin_dir_for_tests() -> Path | None:
    """Another PostgreSQL's programs instead of the wheel's, where PRO_TEST_POSTGRES_BIN says so."""
    given = os.environ.get("PRO_TEST_POSTGRES_BIN")
    return Path(given) if given else None


@contextmanager
def server_for_tests() -> Iterator[str]:
    """The URL of a server: PRO_TEST_DATABASE_URL's, or an embedded one for this run."""
    given = os.environ.get("PRO_TEST_DATABASE_URL")
    if given:
        with housekeeping(given):
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
            with housekeeping(server.url), kept(server.url) as keeper:
                # A database whose figures autovacuum has gathered is lent to nobody any more.
                keeper.do("ALTER SYSTEM SET autovacuum = off", "SELECT pg_reload_conf()")
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
    with kept(server_url) as keeper:
        keeper.do(f'CREATE DATABASE "{name}"')
        try:
            yield url_of(server_url, name)
        finally:
            keeper.drop(name)


@contextmanager
def migrated_template(server_url: str) -> Iterator[str]:
    """The name of a database of kind `validation` with every migration applied."""
    name = f"pro_template_{uuid.uuid4().hex}"
    with kept(server_url) as keeper:
        keeper.do(f'CREATE DATABASE "{name}" ENCODING UTF8 TEMPLATE template0')
        try:
            run(migrate_everything(url_of(server_url, name)))
            yield name
        finally:
            keeper.drop(name)


@contextmanager
def clone(server_url: str, template: str) -> Iterator[str]:
    """The URL of a copy of `template`, dropped afterwards."""
    name = f"pro_test_{uuid.uuid4().hex}"
    with kept(server_url) as keeper:
        keeper.copy(template, name)
        try:
            yield url_of(server_url, name)
        finally:
            keeper.drop(name)


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
        yield Prepared(name_in(url), run(make(url)))


async def migrate_everything(url: str) -> None:
    """Every migration, the simulator's own too."""
    connection = await asyncpg.connect(url)
    try:
        if read_migrations("migrations"):
            await migrate(connection, kind="validation")
        if read_migrations("simulator"):
            await migrate(connection, series="simulator")
    finally:
        await connection.close()
