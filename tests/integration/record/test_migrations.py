"""The migrations runner, the query files and the pools, on a real server."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import asyncpg
import pytest

from pro_service.store.applying import MigrationError
from pro_service.store.migrations import (
    EditedMigrationError,
    NewerSchemaError,
    migrate,
    schema_state,
)
from pro_service.store.pools import Pools, connect, is_stale
from pro_service.store.sql_files import (
    STEP,
    SqlFileError,
    all_queries,
    load_queries,
    parse_queries,
    without_steps,
)
from tests.support.statements import stepped
from tests.support.waiting import until

FIRST = "CREATE SCHEMA first; CREATE TABLE first.things (id integer PRIMARY KEY);"
SECOND = "SELECT pg_sleep(0.1); INSERT INTO first.things VALUES (1);"


@pytest.fixture
def sql(tmp_path: Path) -> Path:
    """A stand-in for `sql/` with two migrations and this release's roles."""
    series = tmp_path / "migrations"
    series.mkdir()
    (series / "0001_first.sql").write_text(FIRST)
    (series / "0002_second.sql").write_text(SECOND)
    roles = Path(__file__).parents[3] / "sql" / "roles.sql"
    (tmp_path / "roles.sql").write_text(roles.read_text(encoding="utf-8"), encoding="utf-8")
    return tmp_path


async def replica(url: str, sql: Path) -> list[str]:
    """What one replica does with its database as it starts."""
    connection = await asyncpg.connect(url)
    try:
        return await migrate(connection, folder=sql)
    finally:
        await connection.close()


async def fetchval(url: str, query: str) -> object:
    """One value, over a connection of its own."""
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_each_file_is_applied_exactly_once(empty_database_url: str, sql: Path) -> None:
    assert await replica(empty_database_url, sql) == ["0001_first", "0002_second"]
    assert await replica(empty_database_url, sql) == []
    (sql / "migrations" / "0003_third.sql").write_text("INSERT INTO first.things VALUES (3);")
    assert await replica(empty_database_url, sql) == ["0003_third"]


async def test_three_replicas_at_once_apply_each_file_once(
    empty_database_url: str, sql: Path
) -> None:
    applied = await asyncio.gather(*(replica(empty_database_url, sql) for _ in range(3)))
    assert sorted(applied, key=len) == [[], [], ["0001_first", "0002_second"]]
    assert await fetchval(empty_database_url, "SELECT count(*) FROM first.things") == 1


async def test_an_edited_applied_file_is_named(empty_database_url: str, sql: Path) -> None:
    await replica(empty_database_url, sql)
    (sql / "migrations" / "0001_first.sql").write_text(FIRST + "-- edited")
    with pytest.raises(EditedMigrationError, match=r"0001_first\.sql"):
        await replica(empty_database_url, sql)


async def test_a_database_of_a_newer_release_is_refused(empty_database_url: str, sql: Path) -> None:
    await replica(empty_database_url, sql)
    (sql / "migrations" / "0002_second.sql").unlink()
    with pytest.raises(NewerSchemaError, match="0002_second"):
        await replica(empty_database_url, sql)


async def test_a_failing_file_leaves_nothing_of_itself(empty_database_url: str, sql: Path) -> None:
    broken = sql / "migrations" / "0003_broken.sql"
    broken.write_text("CREATE TABLE first.half (id integer); SELECT nothing_like_it();")
    with pytest.raises(MigrationError, match=r"0003_broken\.sql failed"):
        await replica(empty_database_url, sql)
    assert await fetchval(empty_database_url, "SELECT to_regclass('first.half')::text") is None
    assert (
        await fetchval(empty_database_url, "SELECT max(version) FROM pro_meta.schema_migrations")
        == 2
    )


async def test_a_file_that_gave_way_to_somebody_elses_locks_is_tried_again(
    empty_database_url: str, sql: Path
) -> None:
    both = "SELECT pg_advisory_xact_lock(1); SELECT pg_advisory_xact_lock(2);"
    (sql / "migrations" / "0003_third.sql").write_text(f"{both} CREATE TABLE first.third ();")
    other = await asyncpg.connect(empty_database_url)
    try:
        async with other.transaction():
            await other.execute("SET LOCAL deadlock_timeout = '1min'")
            await other.execute("SELECT pg_advisory_xact_lock(2)")
            migrating = asyncio.create_task(replica(empty_database_url, sql))
            await until(partial(other.fetchval, "SELECT bool_or(NOT granted) FROM pg_locks"))
            await other.execute("SELECT pg_advisory_xact_lock(1)")
            assert not migrating.done()
        assert await migrating == ["0001_first", "0002_second", "0003_third"]
    finally:
        await other.close()


async def test_a_number_used_twice_is_refused(empty_database_url: str, sql: Path) -> None:
    (sql / "migrations" / "0002_other.sql").write_text("SELECT 1;")
    with pytest.raises(MigrationError, match="0002_"):
        await replica(empty_database_url, sql)


async def test_the_schema_belongs_to_the_owner_role(empty_database_url: str, sql: Path) -> None:
    await replica(empty_database_url, sql)
    query = "SELECT tableowner FROM pg_tables WHERE schemaname = 'first'"
    assert await fetchval(empty_database_url, query) == "pro_owner"


async def test_any_role_may_compare_the_schema_with_the_release(
    empty_database_url: str, sql: Path
) -> None:
    connection = await asyncpg.connect(empty_database_url)
    before = await schema_state(connection, folder=sql)
    await connection.close()
    await replica(empty_database_url, sql)
    worker = await connect(empty_database_url, role="pro_worker", actor="service:worker")
    after = await schema_state(worker, folder=sql)
    await worker.close()
    assert (before.applied, before.current) == ((), False)
    assert (after.applied, after.current) == (("0001_first", "0002_second"), True)


async def test_this_release_migrates_an_empty_database_and_again_changes_nothing(
    empty_database_url: str,
) -> None:
    connection = await asyncpg.connect(empty_database_url)
    assert await migrate(connection, kind="validation")
    assert await migrate(connection, kind="validation") == []
    assert (await schema_state(connection)).current
    with pytest.raises(asyncpg.PostgresError, match="born validation"):
        await migrate(connection, kind="production")
    await connection.close()


async def test_every_query_can_be_prepared(owner: asyncpg.Connection) -> None:
    faults: dict[str, str] = {}
    for query in (*all_queries(), *stepped()):
        for sql in with_few_steps(query.sql):
            try:
                prepared = await owner.prepare(sql)
            except asyncpg.PostgresError as error:
                faults[f"{query.place}.{query.name}"] = str(error)
            else:
                assert len(prepared.get_parameters()) == len(query.parameters), query.name
    assert faults == {}


def with_few_steps(sql: str) -> list[str]:
    """A statement whole, with no step that may be left out, and with those of one list alone."""
    lists = frozenset(one for step in STEP.finditer(sql) for one in step["lists"].split(", "))
    alone = (without_steps(sql, lists - {one}) for one in lists)
    return [sql, without_steps(sql, lists), *alone] if lists else [sql]


def test_a_step_without_rows_is_left_out_whole_and_only_then() -> None:
    steps = "-- with: rows, others\n-- Why.\nlast AS (\n    SELECT 2\n)\n"
    sql = f"WITH first AS (\n    SELECT 1\n),\n{steps}SELECT 3"
    assert without_steps(sql, frozenset({"rows"})) == sql
    left = without_steps(sql, frozenset({"rows", "others"}))
    assert left == "WITH first AS (\n    SELECT 1\n)\nSELECT 3"
    assert all(len(STEP.findall(q.sql)) == q.sql.count("-- with:") for q in all_queries())


def test_every_query_states_its_purpose_in_whole_sentences() -> None:
    without = [f"{query.place}.{query.name}" for query in all_queries() if query.purpose[-1] != "."]
    assert without == []


def test_every_query_is_used() -> None:
    package = Path(__file__).parents[3] / "pro_service"
    code = "".join(path.read_text(encoding="utf-8") for path in package.rglob("*.py"))
    unused = [f"{q.place}.{q.name}" for q in all_queries() if f'"{q.name}"' not in code]
    assert unused == []


def test_query_files_are_split_at_their_names() -> None:
    queries = parse_queries(
        "things",
        "-- name: get_thing(id)\n-- The thing\n-- with this id.\nSELECT '{\"a\":1}'::jsonb, $1;\n"
        "\n-- name: list_things()\n-- All of them.\nSELECT 1;\n",
    )
    assert queries["get_thing"].sql == "SELECT '{\"a\":1}'::jsonb, $1"
    assert queries["get_thing"].purpose == "The thing with this id."
    assert queries["list_things"].parameters == ()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("-- name: a()\nSELECT 1;", "purpose is missing"),
        ("-- name: a()\n-- One.\nSELECT 1;\n-- name: a()\n-- One.\nSELECT 1;", "given twice"),
        ("-- name: a(x, y)\n-- One.\nSELECT $1;", "declares 2 parameters"),
    ],
)
def test_a_faulty_query_file_is_refused(text: str, fault: str) -> None:
    with pytest.raises(SqlFileError, match=fault):
        parse_queries("things", text)


def test_a_missing_file_or_query_is_named() -> None:
    with pytest.raises(SqlFileError, match=r"no_such_file\.sql is missing"):
        load_queries("no_such_file")
    some = next(all_queries())
    with pytest.raises(SqlFileError, match="no query named no_such_query"):
        load_queries(some.place)["no_such_query"]


@pytest.mark.parametrize("role", ["participant", "provider", "worker", "desk"])
async def test_each_pool_is_its_role_and_stays_so(pools: Pools, role: str) -> None:
    pool: asyncpg.Pool = getattr(pools, role)
    query = (
        "SELECT current_user::text AS who, current_setting('pro.actor') AS actor,"
        " current_setting('TimeZone') AS zone, current_schema()::text AS schema"
    )
    expected = {"who": f"pro_{role}", "actor": f"service:{role}", "zone": "UTC", "schema": "pro"}
    async with pool.acquire() as connection:
        assert dict(await connection.fetchrow(query)) == expected
        await connection.execute("SET pro.actor = 'somebody else'; RESET ALL")
        assert dict(await connection.fetchrow(query)) == expected
        async with connection.transaction():
            await connection.execute("SET LOCAL pro.actor = 'staff:1'")
    async with pool.acquire() as connection:
        assert dict(await connection.fetchrow(query)) == expected


async def test_json_comes_and_goes_as_python_objects(pools: Pools) -> None:
    value = {"words": "四", "numbers": [1, None, 2.5]}
    assert await pools.worker.fetchval("SELECT $1::jsonb", value) == value


async def test_a_stale_revision_is_recognised(pools: Pools) -> None:
    with pytest.raises(asyncpg.PostgresError) as stale:
        await pools.worker.execute("SELECT pro.demand_fresh(false)")
    with pytest.raises(asyncpg.PostgresError) as other:
        await pools.worker.execute("SELECT 1 / 0")
    assert is_stale(stale.value)
    assert not is_stale(other.value)
