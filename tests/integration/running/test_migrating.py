"""The schema changes while people answer: nobody waits behind a migration, and nothing fails."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

import aiohttp
import asyncpg
import pytest

from pro_service.store import applying
from pro_service.store.applying import MigrationError
from pro_service.store.migrations import NewerSchemaError, demand_whole, migrate, schema_state
from tests.integration.running.test_serve import commands_of
from tests.support.command import free_port
from tests.support.forms import form_to
from tests.support.study import Trial, open_trial, post_text, row
from tests.support.waiting import until
from tests.support.web import open_questions

SQL = Path(__file__).parents[3] / "sql"
FILLED = 30_000
"""Rows of the large table."""
EXPANDING = {
    "9001_expand": "ALTER TABLE pro.web_writes ADD COLUMN device text,"
    " ADD COLUMN kept boolean NOT NULL DEFAULT true, ALTER COLUMN device SET DEFAULT 'unknown';"
    " ALTER TABLE pro.inbounds ADD COLUMN extra text;"
    " ALTER TABLE pro.participants ADD COLUMN extra text;",
    "9002_fill": "-- in batches\nUPDATE pro.web_writes SET device = 'unknown' WHERE ctid IN"
    " (SELECT ctid FROM pro.web_writes WHERE device IS NULL LIMIT 10000);",
    "9003_index": "-- statement by statement\nDROP INDEX CONCURRENTLY IF EXISTS pro.by_device;\n"
    "CREATE INDEX CONCURRENTLY by_device ON pro.web_writes (device);\n",
    "9004_check": "ALTER TABLE pro.web_writes"
    " ADD CONSTRAINT device_said CHECK (device IS NOT NULL) NOT VALID;",
    "9005_validate": "-- statement by statement\n"
    "ALTER TABLE pro.web_writes VALIDATE CONSTRAINT device_said;\n",
}


def folder_with(folder: Path, files: dict[str, str]) -> Path:
    """This release's `sql/` and what the next one might bring."""
    shutil.copytree(SQL / "migrations", folder / "migrations")
    shutil.copy(SQL / "roles.sql", folder)
    for name, text in files.items():
        (folder / "migrations" / f"{name}.sql").write_text(text, "utf-8")
    return folder


async def migrated(url: str, folder: Path) -> list[str]:
    """What another process does with the database."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SELECT set_config('pro.actor', 'cli:migrate', false)")
        return await migrate(connection, folder=folder)
    finally:
        await connection.close()


@asynccontextmanager
async def reader_of(url: str, table: str) -> AsyncIterator[asyncpg.Connection]:
    """A transaction that has read a table and was left open."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(f"BEGIN; SELECT count(*) FROM {table}")
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def asking(
    *askers: Callable[[], Awaitable[int]],
) -> AsyncIterator[Counter[int]]:
    """Each asks again and again; how often each status was answered."""
    seen: Counter[int] = Counter()
    ended = asyncio.Event()

    async def go_on(ask: Callable[[], Awaitable[int]]) -> None:
        while not ended.is_set():
            seen[await ask()] += 1

    async with asyncio.TaskGroup() as group:
        for ask in askers:
            group.create_task(go_on(ask))
        try:
            yield seen
        finally:
            ended.set()


async def askers_of(
    trial: Trial, base: str, browser: aiohttp.ClientSession
) -> list[Callable[[], Awaitable[int]]]:
    """A telephone that answers by text, a page that is saved, and whoever asks for readiness."""
    linked = await trial.says("K-002", "LINK") or ""
    page = await open_questions(browser, linked.partition("/q/")[2].split()[0])
    form, number = form_to(page, "/q/s/1"), count()

    async def text() -> int:
        phone = trial.phones["K-001"]
        return (await post_text(base, phone, "4", provider_id=f"in-{next(number)}"))[0]

    async def save() -> int:
        value = str(next(number) % 5)
        data = form.filled(**dict.fromkeys(form.items, value))
        async with browser.post("/q/s/1", data=data) as response:
            await response.read()
            return response.status

    async def ready() -> int:
        async with browser.get("/readyz") as response:
            return response.status

    return [text, save, ready]


@pytest.mark.thorough
async def test_nothing_fails_while_a_filled_table_is_changed_under_load(
    database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "pro_service.store")
    folder = folder_with(tmp_path / "sql", EXPANDING)
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    async with open_trial(database_url) as trial:
        await trial.enrol(row("K-001"), row("K-002"))
        await trial.ask()
        await trial.owner_does(
            "INSERT INTO web_writes (study_id, idempotency_key, participant_id)"
            " SELECT $1, 'filled-' || n, $2 FROM generate_series(1, $3) AS n",
            trial.study_id,
            trial.participants["K-001"],
            FILLED,
        )
        commands = commands_of(trial, public_url=base)
        jar = aiohttp.CookieJar(unsafe=True)
        async with (
            commands.running("serve", "--port", str(port), ready="Serving on"),
            aiohttp.ClientSession(base, cookie_jar=jar) as browser,
            asking(*await askers_of(trial, base, browser)) as seen,
        ):
            async with reader_of(database_url, "pro.web_writes"):
                changing = asyncio.create_task(migrated(database_url, folder))
                await until(lambda: said(caplog, "migration_waits", 3))
                before = seen.total()
                await until(lambda: has_grown(seen, before + 20))
                assert not changing.done()
            assert await changing == list(EXPANDING)
            before = seen.total()
            await until(lambda: has_grown(seen, before + 20))
            assert set(seen) == {200}, seen
            assert await said(caplog, "migration_batch", FILLED // 10_000)
        # What was answered was written, before, meanwhile and after.
        assert await trial.count("inbounds") > 10
        assert await trial.count("web_writes", "idempotency_key NOT LIKE 'filled-%'") > 0
        assert await trial.count("web_writes", "device IS NULL") == 0


async def said(caplog: pytest.LogCaptureFixture, event: str, times: int) -> bool:
    """Whether the log has told of something so often."""
    return sum(record.message == event for record in caplog.records) >= times


async def has_grown(seen: Counter[int], to: int) -> bool:
    """Whether so many were answered."""
    return seen.total() >= to


@pytest.fixture
def first(tmp_path: Path) -> Path:
    """A stand-in for `sql/` with one table of ten rows."""
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "0001_first.sql").write_text(
        "CREATE SCHEMA first; CREATE TABLE first.things (id integer PRIMARY KEY, words text);"
        "INSERT INTO first.things SELECT generate_series(1, 10);"
    )
    shutil.copy(SQL / "roles.sql", tmp_path)
    return tmp_path


def add(folder: Path, name: str, text: str) -> None:
    """One more file."""
    (folder / "migrations" / f"{name}.sql").write_text(text, "utf-8")


async def test_a_file_that_gets_no_lock_says_what_to_do_and_changes_nothing(
    empty_database_url: str, first: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying.Patience, "seconds", 0.0)
    monkeypatch.setattr(applying, "LOCK_WAIT", "50ms")
    await migrated(empty_database_url, first)
    add(first, "0002_more", "ALTER TABLE first.things ADD COLUMN more text;")
    async with reader_of(empty_database_url, "first.things"):
        with pytest.raises(MigrationError, match=r"0002_more\.sql got no lock") as refused:
            await migrated(empty_database_url, first)
        assert "left open" in str(refused.value.mend)
    assert await migrated(empty_database_url, first) == ["0002_more"]


async def test_batches_that_were_broken_off_go_on_where_they_were(
    empty_database_url: str, first: Path
) -> None:
    await migrated(empty_database_url, first)
    fills = (
        "-- in batches\nUPDATE first.things SET words = (7 / (8 - id))::text"
        " WHERE id IN (SELECT id FROM first.things WHERE words IS NULL ORDER BY id LIMIT 3);"
    )
    add(first, "0002_fill", fills)
    with pytest.raises(MigrationError, match="division by zero"):
        await migrated(empty_database_url, first)
    connection = await asyncpg.connect(empty_database_url)
    filled = "SELECT count(words) FROM first.things"
    assert await connection.fetchval(filled) == 6
    await connection.execute("UPDATE first.things SET words = 'by hand' WHERE id = 8")
    assert await migrated(empty_database_url, first) == ["0002_fill"]
    assert await connection.fetchval(filled) == 10
    await connection.close()
    add(first, "0003_odd", "-- in batches\nCREATE TABLE first.odd ();")
    with pytest.raises(MigrationError, match="must end with what changes rows"):
        await migrated(empty_database_url, first)


async def test_an_index_is_built_beside_what_goes_on_and_anew_where_it_failed(
    empty_database_url: str, first: Path
) -> None:
    await migrated(empty_database_url, first)
    connection = await asyncpg.connect(empty_database_url)
    await connection.execute("UPDATE first.things SET words = 'same' WHERE id < 3")
    text = (
        "-- statement by statement\n-- One word, one thing;\nDROP INDEX CONCURRENTLY IF EXISTS"
        " first.by_words;\nCREATE UNIQUE INDEX CONCURRENTLY by_words ON first.things (words);\n"
    )
    add(first, "0002_index", text)
    with pytest.raises(MigrationError, match="could not create unique index"):
        await migrated(empty_database_url, first)
    await connection.execute("UPDATE first.things SET words = 'other' WHERE id = 1")
    assert await migrated(empty_database_url, first) == ["0002_index"]
    valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'first.by_words'::regclass"
    assert await connection.fetchval(valid)
    await connection.close()


async def test_a_release_goes_on_serving_what_only_adds_and_refuses_what_takes_away(
    empty_database_url: str, first: Path, tmp_path: Path
) -> None:
    before = shutil.copytree(first, tmp_path / "before")
    connection = await asyncpg.connect(empty_database_url)
    add(first, "0002_more", "ALTER TABLE first.things ADD COLUMN more text;")
    await migrated(empty_database_url, first)
    demand_whole(await schema_state(connection, folder=before))
    add(first, "0003_contract_words", "ALTER TABLE first.things DROP COLUMN words;")
    await migrated(empty_database_url, first)
    with pytest.raises(NewerSchemaError, match="0003_contract_words"):
        demand_whole(await schema_state(connection, folder=before))
    demand_whole(await schema_state(connection, folder=first))
    await connection.close()
