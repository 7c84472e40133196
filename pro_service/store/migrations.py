"""Brings a database to this release's schema: each file once, in order, in its own transaction.

Every replica may call `migrate` as it starts: an advisory lock lets one work while the others
wait and then find nothing left to do.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, NamedTuple

import asyncpg

from pro_service.domain.errors import ProServiceError
from pro_service.store.applying import CONTRACTS, Migration, MigrationError, apply
from pro_service.store.sql_files import sql_folder

DatabaseKind = Literal["demo", "validation", "production"]

OWNER = "pro_owner"
LOCK = 7_072_001  # any number, as long as every release uses the same
ROLE_RACES = (
    asyncpg.UniqueViolationError,
    asyncpg.DuplicateObjectError,
    asyncpg.InternalServerError,  # "tuple concurrently updated"
)

RESTORING = "pro_restoring"
"""A schema that stands in a database from the beginning of a restore to its end."""
IS_RESTORING = f"SELECT to_regnamespace('{RESTORING}') IS NOT NULL"

BOOKKEEPING = """
CREATE SCHEMA IF NOT EXISTS pro_meta;
CREATE TABLE IF NOT EXISTS pro_meta.schema_migrations (
    series text NOT NULL,
    version integer NOT NULL,
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (series, version)
);
GRANT USAGE ON SCHEMA pro_meta TO PUBLIC;
GRANT SELECT ON pro_meta.schema_migrations TO PUBLIC;
"""


HAS_GENERATIONS = "SELECT to_regclass('pro.audit_generations') IS NOT NULL"
MOVED_WITHOUT_GENERATIONS = """
SELECT coalesce(max(e.id), 0) FROM pro.audit_entries AS e
HAVING coalesce((SELECT max(s.below_xact_id) FROM pro.audit_seals AS s), max(e.xact_id))
       > pg_snapshot_xmax(pg_current_snapshot())
"""
"""The last entry of a database of before 0028 that came from another server; none if it did not."""
MOVED = """
SELECT coalesce(max(e.id), 0) FROM pro.audit_entries AS e
HAVING (SELECT count(*) FROM pro.audit_generations) = coalesce(
           (SELECT max(coalesce(s.generation, 1)) FROM pro.audit_seals AS s), 1)
   AND coalesce((SELECT max(s.below_xact_id) FROM pro.audit_seals AS s
                 WHERE coalesce(s.generation, 1) = (SELECT count(*) FROM pro.audit_generations)),
                max(e.xact_id)) > pg_snapshot_xmax(pg_current_snapshot())
"""
BEGIN_GENERATION = """
INSERT INTO pro.audit_generations (generation, after_entry_id, why)
SELECT max(g.generation) + 1, $1, 'moved from another server' FROM pro.audit_generations AS g
"""

log = logging.getLogger("pro_service.store")


class EditedMigrationError(MigrationError):
    """A migration file was edited after it had been applied."""


class NewerSchemaError(MigrationError):
    """The database was migrated by a newer release."""


class OldSchemaError(ProServiceError):
    """The database's schema is not the one this release needs."""


class MovedDatabaseError(ProServiceError):
    """The database was moved here from another server: nothing written now could be sealed."""


class RestoreUnfinishedError(ProServiceError):
    """A restore into this database was begun and not finished; nothing is served from it."""


FUNCTION = re.compile(
    r"^CREATE (?:OR REPLACE )?FUNCTION pro\.(\w+)\(.*?\sAS (\$\w*\$)(.*?)\2",
    re.MULTILINE | re.DOTALL,
)


def made_functions(folder: Path | None = None) -> dict[str, str]:
    """The bodies of the functions the migrations make, by name, as the last of them makes each."""
    return {
        name: body
        for migration in read_migrations("migrations", folder)
        for name, _, body in FUNCTION.findall(migration.sql)
    }


class SchemaState(NamedTuple):
    """Names of the migrations a database has, and of those this release brings."""

    applied: tuple[str, ...]
    expected: tuple[str, ...]
    restoring: bool = False
    """A restore into it was begun and is not finished: what it holds is not to be relied on."""
    moved: bool = False
    """It came from another server since it was migrated: what is written could not be sealed."""

    @property
    def current(self) -> bool:
        """Whether the release and the database fit together.

        While servers are replaced one by one, the database is a release ahead of some: they go on
        as long as what came only adds.
        """
        known = len(self.expected)
        return self.applied[:known] == self.expected and not any(
            CONTRACTS in name for name in self.applied[known:]
        )


def read_migrations(series: str, folder: Path | None = None) -> list[Migration]:
    """The files of `sql/<series>/` in order; MigrationError for a bad or doubled number."""
    found: dict[int, Migration] = {}
    for path in sorted(((folder or sql_folder()) / series).glob("*.sql")):
        number = re.match(r"(\d{4})_\w+$", path.stem)
        if number is None or int(number[1]) in found:
            raise MigrationError(f"sql/{series}/{path.name} has no number of its own.")
        text = path.read_bytes()
        digest = hashlib.sha256(text).hexdigest()
        found[int(number[1])] = Migration(int(number[1]), path.stem, text.decode(), digest)
    return list(found.values())


async def migrate(
    connection: asyncpg.Connection,
    *,
    series: str = "migrations",
    kind: DatabaseKind | None = None,
    folder: Path | None = None,
) -> list[str]:
    """Apply what is missing and return its names; with `kind`, declare what the database is for.

    `connection` needs the rights `sql/roles.sql` asks for; the files themselves run as
    `pro_owner`. A database that came from another server begins a new generation of seals, before
    anything is written. `folder` stands in for `sql/` in tests. Raises EditedMigrationError and
    NewerSchemaError before anything is changed; a failing file leaves those before it applied.
    """
    migrations, roles = read_migrations(series, folder), _read_roles(folder)
    await connection.execute("SELECT pg_advisory_lock($1)", LOCK)
    try:
        await _make_roles(connection, roles)
        if await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", OWNER):
            await connection.execute(f"SET ROLE {OWNER}")
        if not await _has_bookkeeping(connection):
            await connection.execute(BOOKKEEPING)
        missing = _missing(series, migrations, await _applied(connection, series))
        moved = await _moved_after(connection)
        await _begin_generation(connection, moved)
        for migration in missing:
            had = moved is None or await connection.fetchval(HAS_GENERATIONS)
            await apply(connection, series, migration)
            await _begin_generation(connection, None if had else moved)
        if kind is not None:
            await connection.execute("SELECT pro.declare_kind($1)", kind)
    finally:
        if not connection.is_closed():  # a lost connection has let go of both already
            await connection.execute("RESET ROLE")
            await connection.execute("SELECT pg_advisory_unlock($1)", LOCK)
    return [migration.name for migration in missing]


async def schema_state(
    connection: asyncpg.Connection, *, series: str = "migrations", folder: Path | None = None
) -> SchemaState:
    """What the database has beside what this release expects; any role may ask."""
    expected = tuple(migration.name for migration in read_migrations(series, folder))
    restoring = bool(await connection.fetchval(IS_RESTORING))
    if not await _has_bookkeeping(connection):
        return SchemaState((), expected, restoring)
    applied = await _applied(connection, series)
    names = tuple(name for name, _ in applied.values())
    state = SchemaState(names, expected, restoring)
    if series != "migrations" or folder is not None or not state.current:
        return state
    return state._replace(moved=bool(await connection.fetchval("SELECT pro.was_moved()")))


def demand_whole(state: SchemaState, *, may_be_moved: bool = False) -> None:
    """Refuse a database that this release cannot serve, or write to.

    `may_be_moved`: one that came from another server will do, for nothing is written. Raises
    RestoreUnfinishedError, NewerSchemaError, OldSchemaError, MovedDatabaseError.
    """
    if state.restoring:
        raise RestoreUnfinishedError(
            mend="Make the database anew, empty, and run `pro-service restore FILE` again."
        )
    taken_away = [name for name in state.applied[len(state.expected) :] if CONTRACTS in name]
    if taken_away:
        raise NewerSchemaError(
            f"The database has the migration {taken_away[0]}, which this release does not bear.",
            mend="Run the release that brought it, or a newer one.",
        )
    if not state.current:
        raise OldSchemaError(mend="Run `pro-service migrate` with this release.")
    if state.moved and not may_be_moved:
        raise MovedDatabaseError(
            mend="Run `pro-service migrate`, which begins a new generation of seals."
        )


async def begin_restoring(connection: asyncpg.Connection) -> None:
    """Make the roles, and say in the database that a restore into it is under way."""
    await _make_roles(connection, _read_roles(None))
    await connection.execute(f"SET ROLE {OWNER}")
    await connection.execute(f"CREATE SCHEMA {RESTORING}")
    await connection.execute("RESET ROLE")


async def finish_restoring(connection: asyncpg.Connection) -> None:
    """Say that the restore is whole; as the owner, in the transaction that makes it so."""
    await connection.execute(f"DROP SCHEMA {RESTORING}")


async def undo_restoring(connection: asyncpg.Connection, schemas: Iterable[str]) -> None:
    """Leave the database as empty as it was before a restore that failed; as the owner."""
    names = ", ".join(f'"{name}"' for name in (*schemas, RESTORING) if name.isidentifier())
    await connection.execute(f"DROP SCHEMA IF EXISTS {names} CASCADE")


async def _moved_after(connection: asyncpg.Connection) -> int | None:
    """The last entry another server wrote, if the database came from one; None if it did not."""
    if not await connection.fetchval("SELECT to_regclass('pro.audit_seals') IS NOT NULL"):
        return None
    has = await connection.fetchval(HAS_GENERATIONS)
    last: int | None = await connection.fetchval(MOVED if has else MOVED_WITHOUT_GENERATIONS)
    return last


async def _begin_generation(connection: asyncpg.Connection, after: int | None) -> None:
    """Order entries anew behind the last one of the other server, once there are generations."""
    if after is None or not await connection.fetchval(HAS_GENERATIONS):
        return
    await connection.execute(BEGIN_GENERATION, after)
    log.warning("audit_generation_began", extra={"reason": "moved", "count": after})


async def _has_bookkeeping(connection: asyncpg.Connection) -> bool:
    table = await connection.fetchval("SELECT to_regclass('pro_meta.schema_migrations')")
    return table is not None


async def _applied(connection: asyncpg.Connection, series: str) -> dict[int, tuple[str, str]]:
    rows = await connection.fetch(
        "SELECT version, name, sha256 FROM pro_meta.schema_migrations"
        " WHERE series = $1 ORDER BY version",
        series,
    )
    return {row["version"]: (row["name"], row["sha256"]) for row in rows}


def _missing(
    series: str, migrations: list[Migration], applied: dict[int, tuple[str, str]]
) -> list[Migration]:
    known = {migration.version: migration for migration in migrations}
    for version, (name, sha256) in applied.items():
        if version not in known:
            raise NewerSchemaError(
                f"The database has the migration {name}, which this release does not know.",
                mend="Run the release that brought it, or a newer one.",
            )
        if known[version].sha256 != sha256:
            raise EditedMigrationError(
                f"sql/{series}/{known[version].name}.sql was edited after it had been applied.",
                mend="Restore the file and put the change into a new one.",
            )
    late = [
        m for m in migrations if m.version not in applied and m.version < max(applied, default=0)
    ]
    if late:
        raise MigrationError(
            f"sql/{series}/{late[0].name}.sql comes before migrations already applied.",
            mend="Give it the next free number.",
        )
    return [migration for migration in migrations if migration.version not in applied]


def _read_roles(folder: Path | None) -> str:
    path = (folder or sql_folder()) / "roles.sql"
    return path.read_text(encoding="utf-8") if path.is_file() else ""


async def _make_roles(connection: asyncpg.Connection, text: str) -> None:
    """Roles belong to the whole server, so databases migrated side by side may collide here."""
    for attempt in range(1, 11):
        try:
            async with connection.transaction():
                await connection.execute(text)
        except ROLE_RACES:
            if attempt == 10:
                raise
            await asyncio.sleep(0.05 * attempt)
        else:
            return
