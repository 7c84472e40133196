"""The PostgreSQL the benchmarks run on: a durable one of their own, or one that is given.

What a statement costs is read from `pg_stat_statements` where the server has it (Debian's has, the
wheel's has not), what the processes cost from `/proc`.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from uuid import uuid4

import asyncpg

from pro_service.embedded import EmbeddedPostgres
from pro_service.store.sql_files import all_queries
from tests.support.databases import name_in, url_of
from tests.support.statements import stepped

DEBIAN: Final = Path("/usr/lib/postgresql/15/bin")
TICKS: Final = os.sysconf("SC_CLK_TCK")
LIBRARY: Final = "pg_stat_statements"


@dataclass(frozen=True)
class Server:
    """A running server: where it listens, and what can be read of it."""

    url: str
    version: str
    postmaster: int | None
    """Its first process, if it runs on this machine."""
    counts_statements: bool


@asynccontextmanager
async def running_server(url: str | None, folder: Path | None) -> AsyncIterator[Server]:
    """The server at `url`, or a durable one of our own in `folder` (None: for this run only)."""
    if url is not None:
        yield await _look_at(url)
        return
    with tempfile.TemporaryDirectory(prefix="pro-bench-") as passing:
        home = folder or Path(passing)
        home.mkdir(parents=True, exist_ok=True)
        home.chmod(0o755)
        bin_dir = DEBIAN if (DEBIAN / "postgres").exists() else None
        async with EmbeddedPostgres(home / "pg", bin_dir=bin_dir) as server:
            preloaded = await _preload(server.url)
            if not preloaded:
                yield await _look_at(server.url)
                return
        async with EmbeddedPostgres(home / "pg", bin_dir=bin_dir) as server:
            yield await _look_at(server.url)


async def _preload(url: str) -> bool:
    """Ask for the library that counts statements; whether that needs a restart."""
    connection = await asyncpg.connect(url)
    try:
        there = await connection.fetchval(
            "SELECT count(*) FROM pg_available_extensions WHERE name = $1", LIBRARY
        )
        loaded: str = await connection.fetchval("SHOW shared_preload_libraries")
        if not there or LIBRARY in loaded:
            return False
        await connection.execute(f"ALTER SYSTEM SET shared_preload_libraries = '{LIBRARY}'")
        return True
    finally:
        await connection.close()


async def _look_at(url: str) -> Server:
    connection = await asyncpg.connect(url)
    try:
        loaded = await connection.fetchval("SHOW shared_preload_libraries")
        version = await connection.fetchval("SHOW server_version")
        counts = LIBRARY in loaded
        if counts:
            await connection.execute(f"CREATE EXTENSION IF NOT EXISTS {LIBRARY}")
        backend = await connection.fetchval("SELECT pg_backend_pid()")
        return Server(url, version.split()[0], _parent_of(backend), counts)
    finally:
        await connection.close()


@asynccontextmanager
async def database(server: Server, *, template: str | None = None) -> AsyncIterator[str]:
    """The URL of an empty database, or of a copy of `template`; dropped afterwards."""
    name = f"pro_bench_{uuid4().hex}"
    connection = await asyncpg.connect(server.url)
    try:
        made_of = f'"{template}" STRATEGY FILE_COPY' if template else "template0"
        await connection.execute(f'CREATE DATABASE "{name}" ENCODING UTF8 TEMPLATE {made_of}')
        try:
            yield url_of(server.url, name)
        finally:
            await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    finally:
        await connection.close()


def _stat_of(pid: int) -> list[str] | None:
    """The fields of `/proc/<pid>/stat` after the name; None where there is no such process."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return None
    return text[text.rindex(")") + 2 :].split()


def _parent_of(pid: int) -> int | None:
    """The server of a backend, if it runs on this machine."""
    fields = _stat_of(pid)
    name = Path(f"/proc/{pid}/comm")
    if fields is None or "postgres" not in name.read_text(encoding="utf-8"):
        return None
    return int(fields[1])


def _cpu_of(fields: list[str] | None, *, with_ended: bool) -> float:
    """Seconds of processor; `with_ended` adds its children that have ended."""
    if fields is None:
        return 0.0
    return sum(map(int, fields[11 : 15 if with_ended else 13])) / TICKS


def cpu_of_process(pid: int) -> float:
    """Seconds of processor a process has used."""
    return _cpu_of(_stat_of(pid), with_ended=False)


def ran_of_process(pid: int | None) -> float:
    """The same to the microsecond, for what is over within a tick; 0 for a process elsewhere."""
    if pid is None:
        return 0.0
    return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="utf-8").split()[0]) / 1e9


def cpu_of_server(server: Server) -> float:
    """Seconds of processor the server and all its backends have used; 0 where it is elsewhere."""
    if server.postmaster is None:
        return 0.0
    total = _cpu_of(_stat_of(server.postmaster), with_ended=True)
    for place in Path("/proc").iterdir():
        if place.name.isdigit():
            fields = _stat_of(int(place.name))
            if fields is not None and int(fields[1]) == server.postmaster:
                total += _cpu_of(fields, with_ended=True)
    return total


@dataclass
class Statement:
    """What one statement has cost since it was last forgotten."""

    name: str
    calls: int
    ms: float
    buffers: int


@dataclass
class Statements:
    """All statements of one database."""

    found: list[Statement] = field(default_factory=list)

    @property
    def calls(self) -> int:
        """How many were run; BEGIN and COMMIT count, for each is a trip."""
        return sum(one.calls for one in self.found)

    @property
    def ms(self) -> float:
        """How long they took in the server."""
        return sum(one.ms for one in self.found)

    @property
    def buffers(self) -> int:
        """Pages they touched."""
        return sum(one.buffers for one in self.found)

    def dearest(self, most: int) -> list[Statement]:
        """Those that took the longest together."""
        return sorted(self.found, key=lambda one: -one.ms)[:most]


async def forget_statements(server: Server) -> None:
    """Begin to count anew."""
    if server.counts_statements:
        connection = await asyncpg.connect(server.url)
        try:
            await connection.execute("SELECT pg_stat_statements_reset()")
        finally:
            await connection.close()


async def statements_of(server: Server, database_url: str) -> Statements | None:
    """What was run in a database since `forget_statements`; None where nobody counts.

    Where the service's roles work, what a superuser makes ready is none of its work.
    """
    if not server.counts_statements:
        return None
    connection = await asyncpg.connect(server.url)
    try:
        rows = await connection.fetch(
            "SELECT query, calls, total_exec_time AS ms, rolsuper,"
            " shared_blks_hit + shared_blks_read AS buffers"
            " FROM pg_stat_statements JOIN pg_database AS d ON d.oid = dbid"
            " JOIN pg_roles AS r ON r.oid = userid WHERE d.datname = $1",
            name_in(database_url),
        )
    finally:
        await connection.close()
    serving = [row for row in rows if not row["rolsuper"]]
    names, stepped = _names()
    return Statements(
        [
            Statement(
                _name_of(row["query"], names, stepped), row["calls"], row["ms"], row["buffers"]
            )
            for row in serving or rows
        ]
    )


def _names() -> tuple[Mapping[str, str], Mapping[frozenset[str], str]]:
    """Names by the text of statements; by its lines, where steps of it may be left out."""
    return (
        {_bare(query.sql): query.name for query in all_queries()},
        {_bare_lines(query.sql): query.name for query in stepped()},
    )


def _name_of(query: str, names: Mapping[str, str], stepped: Mapping[frozenset[str], str]) -> str:
    lines = _bare_lines(query)
    parts = (name for whole, name in stepped.items() if lines <= whole)
    return names.get(_bare(query)) or next(parts, None) or " ".join(query.split())[:48]


def _bare_lines(sql: str) -> frozenset[str]:
    return frozenset(_bare(line) for line in sql.splitlines()) - {")"}


def _bare(sql: str) -> str:
    """A statement without what differs between its text and what the server says of it."""
    without = re.sub(r"--[^\n]*", " ", sql)
    constants = r"'(?:[^']|'')*'|\$\d+|\b(?:\d+(?:\.\d+)?|null|true|false)\b"
    return re.sub(r"\s+", "", re.sub(constants, "?", without.lower())).rstrip(";")


def write_json(path: Path, found: object) -> None:
    """Keep the figures."""
    path.write_text(json.dumps(found, indent=2, default=str) + "\n", encoding="utf-8")
