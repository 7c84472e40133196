"""Databases lent to one test after the other: made again as they were, their connections kept.

A copy of a database is cheap beside what stands on it: each connection of a test is a process that
is forked, and that reads the catalogue, compiles and plans everything anew. So a database that
comes back is emptied, what it began with put back, and the next test goes on with its connections.
What cannot be put back (somebody changed the schema, or is still there) is dropped.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Final

import asyncpg

from pro_service.store.pools import Pools, connect, open_pools
from tests.support.databases import Housekeeper, kept, name_in, url_of

MOST_KEPT: Final = 2
"""Databases that wait for a next test: one that is empty, one a file's tests begin with."""
MOST_LOANS: Final = 100
"""Rows of the past lie about until a database is vacuumed, or dropped."""
TABLES: Final = """
SELECT n.nspname AS schema, c.relname AS name,
       (SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute AS a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
          AND a.attgenerated = '') AS columns,
       pg_relation_size(c.oid) > 0 AS has_rows
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname !~ '^(pg_|information_schema)'
"""
SEQUENCES: Final = """
SELECT format('%I.%I', schemaname, sequencename) AS name, start_value, last_value FROM pg_sequences
"""
CATALOGUE: Final = "SELECT concat_ws(' ', {})".format(
    ", ".join(
        f"(SELECT count(*) || '/' || coalesce(max(xmin::text::bigint), 0) FROM pg_catalog.{name})"
        for name in (
            *("pg_attrdef", "pg_attribute", "pg_class", "pg_constraint", "pg_default_acl"),
            *("pg_namespace", "pg_policy", "pg_proc", "pg_rewrite", "pg_sequence"),
            *("pg_statistic", "pg_trigger", "pg_type"),
        )
    )
    + ", (SELECT d.xmin || '/' || d.datdba FROM pg_database AS d"
    " WHERE d.datname = current_database())"
    ", (SELECT string_agg(concat_ws('/', s.setrole, s.setconfig), ' ' ORDER BY s.setrole)"
    " FROM pg_db_role_setting AS s JOIN pg_database AS d ON d.oid = s.setdatabase"
    " WHERE d.datname = current_database())"
)
"""Changes with every change of the schema, of rights, of settings and of the planner's figures."""
BROKEN: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError)
"""What a connection raises that cannot be used any more, or not now."""
OTHERS: Final = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


@dataclass(frozen=True)
class Table:
    """A table, and the rows it began with (binary COPY)."""

    schema: str
    name: str
    columns: list[str]
    rows: bytes | None

    def __str__(self) -> str:
        """As a statement names it."""
        return f'"{self.schema}"."{self.name}"'


@dataclass(frozen=True)
class Beginning:
    """What a database of one kind begins with."""

    tables: list[Table]
    sequences: dict[str, int | None]

    @property
    def filled(self) -> list[Table]:
        """Tables that begin with rows."""
        return [one for one in self.tables if one.rows is not None]


@dataclass(repr=False)
class Lent:
    """A database, the connections kept open to it, and how it is made again as it was."""

    url: str
    beginning: Beginning
    superuser: asyncpg.Connection[asyncpg.Record]
    loop: asyncio.AbstractEventLoop
    marks: list[Any] = field(default_factory=list)
    catalogue: str = ""
    loans: int = 0
    _pools: Pools | None = None
    _pools_taken: bool = False
    _connections: dict[tuple[str, str], asyncpg.Connection[asyncpg.Record]] = field(
        default_factory=dict
    )
    _taken: set[tuple[str, str]] = field(default_factory=set)

    @asynccontextmanager
    async def pools(self) -> AsyncIterator[Pools]:
        """Its pools, or others while somebody has them."""
        if self._pools_taken or asyncio.get_running_loop() is not self.loop:
            async with await open_pools(self.url) as others:
                yield others
            return
        if self._pools is None:
            self._pools = await open_pools(self.url)
        self._pools_taken = True
        try:
            yield self._pools
        finally:
            self._pools_taken = False

    @asynccontextmanager
    async def connection(
        self, role: str, actor: str
    ) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
        """Its connection of a role and an actor, or another while somebody has it."""
        who = (role, actor)
        if who in self._taken or asyncio.get_running_loop() is not self.loop:
            async with _another(self.url, role, actor) as other:
                yield other
            return
        if who not in self._connections or self._connections[who].is_closed():
            self._connections[who] = await connect(self.url, role=role, actor=actor)
        self._taken.add(who)
        try:
            yield self._connections[who]
        finally:
            self._taken.discard(who)
            await self._tidy(who)

    async def _tidy(self, who: tuple[str, str]) -> None:
        """The next one finds no setting and no open transaction of the last."""
        connection = self._connections[who]
        if connection.is_closed():
            return
        if connection.is_in_transaction():
            connection.terminate()
            return
        await _as_begun(connection)

    async def remember(self) -> None:
        """Mark what may not have changed when it comes back."""
        self.marks = await self._marks()
        self.catalogue = await self.superuser.fetchval(CATALOGUE)

    async def make_again(self) -> bool:
        """Whether it is as it was when it was lent first."""
        self.loans += 1
        if self.loans >= MOST_LOANS or not await self._is_left_alone():
            return False
        if await self.superuser.fetchval(CATALOGUE) != self.catalogue:
            return False
        await asyncio.gather(*map(_as_begun, self._idle()))
        marks = await self._marks()
        filled = self.beginning.filled
        changed = [one for one, a, b in zip(filled, marks, self.marks, strict=True) if a != b]
        await self._empty(changed)
        for table in changed:
            await self.superuser.copy_to_table(
                table.name,
                schema_name=table.schema,
                columns=table.columns,
                source=BytesIO(table.rows or b""),
                format="binary",
            )
        if changed:
            self.marks = await self._marks()
        for name, began_at, last in await self.superuser.fetch(SEQUENCES):
            left_at = self.beginning.sequences[name]
            if last != left_at:
                await self.superuser.execute(
                    "SELECT setval($1::text::regclass, $2, $3)",
                    name,
                    began_at if left_at is None else left_at,
                    left_at is not None,
                )
        return True

    def _idle(self) -> list[asyncpg.Connection[asyncpg.Record]]:
        """The connections that wait in its pools."""
        mine = self._pools._pools.values() if self._pools is not None else ()
        held = [holder._con for one in mine for holder in one._holders]
        return [one for one in held if one is not None and not one.is_closed()]

    async def _is_left_alone(self) -> bool:
        """Whether its own connections wait idle, and nobody else is there."""
        mine = [*self._pools._pools.values()] if self._pools is not None else []
        if self._pools_taken or self._taken:
            return False
        if any(one.is_closing() or one.get_idle_size() != one.get_size() for one in mine):
            return False
        open_ones = [one for one in self._connections.values() if not one.is_closed()]
        expected = sum(one.get_size() for one in mine) + len(open_ones)
        for _ in range(20):  # Whoever hung up a moment ago is seen a little longer.
            if await self.superuser.fetchval(OTHERS) == expected:
                return True
            await asyncio.sleep(0.005)
        return False

    async def _marks(self) -> list[Any]:
        """Of each table that begins with rows, what changes with any of them."""
        if not self.beginning.filled:
            return []
        return list(
            await self.superuser.fetch(
                " UNION ALL ".join(
                    f"SELECT count(*), max(xmin::text::bigint) FROM {one}"
                    for one in self.beginning.filled
                )
            )
        )

    async def _empty(self, changed: list[Table]) -> None:
        """Remove every row that was not there."""
        empty = [str(one) for one in self.beginning.tables if one.rows is None]
        used = await self.superuser.fetch(
            "SELECT name FROM unnest($1::text[]) AS name"
            " WHERE pg_relation_size(name::regclass) > 0",
            empty,
        )
        names = [*(one["name"] for one in used), *map(str, changed)]
        if names:
            await self.superuser.execute(";".join(f"DELETE FROM {name}" for name in names))

    async def close(self) -> None:
        """Hang up; a connection that is busy is cut off."""
        if self._pools is not None:
            with suppress(*BROKEN):
                await self._pools.close(patience=1)
        for each in (*self._connections.values(), self.superuser):
            try:
                await each.close(timeout=5)
            except BROKEN:
                each.terminate()


_lent: dict[str, Lent] = {}


class Stock:
    """The databases of one worker, by what they are copies of."""

    def __init__(self, server_url: str) -> None:
        self._server_url = server_url
        self._kept: dict[str, Lent] = {}
        self._beginnings: dict[str, Beginning] = {}

    @asynccontextmanager
    async def lend(self, template: str) -> AsyncIterator[str]:
        """The URL of a copy of `template`: this test's alone, for as long as it runs."""
        lent = self._kept.pop(template, None) or await self._make(template)
        _lent[lent.url] = lent
        try:
            yield lent.url
        finally:
            del _lent[lent.url]
            failures = await _end_what_goes_on()
            if template not in self._kept and await self._is_good(lent):
                self._kept[template] = lent
            else:
                await self._drop(lent)
            while len(self._kept) > MOST_KEPT:
                await self._drop(self._kept.pop(next(iter(self._kept))))
            if failures:
                raise ExceptionGroup("what the test left running failed", failures)

    async def aclose(self) -> None:
        """Drop all of them."""
        while self._kept:
            await self._drop(self._kept.popitem()[1])

    async def _is_good(self, lent: Lent) -> bool:
        with suppress(*BROKEN):
            return await lent.make_again()
        return False

    async def _make(self, template: str) -> Lent:
        name = f"pro_test_{uuid.uuid4().hex}"
        with kept(self._server_url) as keeper:
            await asyncio.to_thread(Housekeeper.copy, keeper, template, name)
        url = url_of(self._server_url, name)
        superuser = await asyncpg.connect(url)
        await superuser.execute("SET session_replication_role = replica; SET lock_timeout = '1s'")
        if template not in self._beginnings:
            self._beginnings[template] = await _beginning_of(superuser)
        lent = Lent(url, self._beginnings[template], superuser, asyncio.get_running_loop())
        await lent.remember()
        return lent

    async def _drop(self, lent: Lent) -> None:
        try:
            await lent.close()
        finally:
            with kept(self._server_url) as keeper:
                await asyncio.to_thread(Housekeeper.drop, keeper, name_in(lent.url))


async def _end_what_goes_on() -> list[Exception]:
    """What a test left running ends with it; what that raised."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    ended = await asyncio.gather(*others, return_exceptions=True)
    return [one for one in ended if isinstance(one, Exception)]


async def _as_begun(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """No setting, lock, cursor or listener is left on it; its start message's settings stand."""
    await connection.reset()
    await connection.execute("RESET ROLE")  # Which RESET ALL leaves out.


@asynccontextmanager
async def _another(
    url: str, role: str, actor: str
) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """A connection that nobody keeps."""
    other = await connect(url, role=role, actor=actor)
    try:
        yield other
    finally:
        await other.close()


async def _beginning_of(superuser: asyncpg.Connection[asyncpg.Record]) -> Beginning:
    tables = []
    for schema, name, columns, has_rows in await superuser.fetch(TABLES):
        rows = BytesIO()
        if has_rows:
            await superuser.copy_from_table(
                name, schema_name=schema, columns=columns, output=rows, format="binary"
            )
        tables.append(Table(schema, name, columns, rows.getvalue() if has_rows else None))
    sequences = {name: last for name, _, last in await superuser.fetch(SEQUENCES)}
    return Beginning(tables, sequences)


@asynccontextmanager
async def pools_on(url: str) -> AsyncIterator[Pools]:
    """The pools of all database roles on a database: those that are kept, where it is lent."""
    lent = _lent.get(url)
    if lent is None:
        async with await open_pools(url) as opened:
            yield opened
        return
    async with lent.pools() as opened:
        yield opened


@asynccontextmanager
async def connection_on(
    url: str, role: str, actor: str
) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """A connection as the commands make theirs: one that is kept, where the database is lent."""
    lent = _lent.get(url)
    if lent is None:
        async with _another(url, role, actor) as other:
            yield other
        return
    async with lent.connection(role, actor) as one:
        yield one
