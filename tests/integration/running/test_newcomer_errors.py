"""What goes wrong on the first day is one line with its mend, exit code 1, and no traceback."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from pro_service.demo.folder import DemoFolder
from pro_service.embedded import EmbeddedPostgres
from pro_service.store.sql_files import sql_folder
from tests.support.command import Commands, Finished


def says(done: Finished, *words: str) -> None:
    """One line on standard error, with these words in it."""
    assert done.code == 1, done
    assert "Traceback" not in done.err
    lines = done.err.strip().splitlines()
    assert len(lines) == 1, done.err
    assert lines[0].startswith("error: ")
    for word in words:
        assert word in lines[0]


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        yield int(held.getsockname()[1])


async def test_a_demo_on_a_taken_port_says_so_before_it_lives_anything(
    tmp_path: Path, taken_port: int
) -> None:
    folder = tmp_path / "demo"
    done = await Commands(None).call("demo", "--data", str(folder), "--port", str(taken_port))
    says(done, f"Port {taken_port}", "--port")
    assert not (folder / "postgresql").exists()


async def test_a_server_on_a_taken_port_says_so(database_url: str, taken_port: int) -> None:
    done = await Commands(database_url).call("serve", "--port", str(taken_port))
    says(done, f"Port {taken_port}", "--port")


@pytest.mark.parametrize("command", [("demo", "--port", "0"), ("migrate",)])
async def test_a_data_folder_that_cannot_be_written_is_named(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    # A file stands where the folder should be made: nobody, root included, can write below it.
    (tmp_path / "file").write_text("", encoding="utf-8")
    done = await Commands(None).call(*command, "--data", str(tmp_path / "file" / "below"))
    says(done, "below is not writable", "--data")


async def test_a_mistyped_folder_is_refused_and_not_made(tmp_path: Path) -> None:
    folder = tmp_path / "dtaa"
    for command in (("adherence",), ("export", "--out", str(tmp_path / "out"))):
        done = await Commands(None).call(*command, "--data", str(folder))
        says(done, f"There is no database in {folder}.", "--data")
        assert (folder.exists(), (tmp_path / "out").exists()) == (False, False)


async def test_a_ready_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    ready = str(tmp_path / "nowhere" / "ready.json")
    words = ("demo", "--port", "0", "--data", str(tmp_path / "demo"), "--ready", ready)
    says(await Commands(None).call(*words), ready, "--ready")


async def test_a_second_demo_on_the_folder_is_told_where_the_first_one_serves(
    tmp_path: Path,
) -> None:
    first = DemoFolder(tmp_path)
    assert first.claim() is None
    note = await first.begin()
    first.write(note.model_copy(update={"state": "lived", "address": "http://127.0.0.1:9"}))
    try:
        done = await Commands(None).call("demo", "--data", str(tmp_path), "--port", "0")
        says(done, "Another demo already runs", "http://127.0.0.1:9", "--data")
    finally:
        first.release()


async def test_a_demo_beside_another_server_on_its_data_is_refused_and_removes_nothing(
    tmp_path: Path,
) -> None:
    folder = DemoFolder(tmp_path)
    folder.claim()
    await folder.begin()
    folder.release()
    async with EmbeddedPostgres(tmp_path / "postgresql", durable=False) as server:
        words = ("demo", "--data", str(tmp_path), "--port", "0")
        done = await asyncio.to_thread(Commands(None).run, *words)
        says(done, "Another server already runs", "Stop it first")
        connection = await asyncpg.connect(server.url)
        assert await connection.fetchval("SELECT 1") == 1
        await connection.close()


async def test_a_demo_leaves_a_database_alone_that_it_did_not_make(tmp_path: Path) -> None:
    (tmp_path / "postgresql").mkdir()
    (tmp_path / "postgresql" / "precious").write_text("data", encoding="utf-8")
    done = await Commands(None).call("demo", "--data", str(tmp_path), "--port", "0")
    says(done, "no demo made", "--data")
    assert (tmp_path / "postgresql" / "precious").read_text(encoding="utf-8") == "data"


async def test_a_note_nobody_can_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "demo.json").write_text("{", encoding="utf-8")
    done = await Commands(None).call("demo", "--data", str(tmp_path), "--port", "0")
    says(done, "demo.json cannot be read", "--data")


@pytest.mark.parametrize("kind", ["demo", "production"])
async def test_a_database_of_another_kind_is_refused(database_url: str, kind: str) -> None:
    done = await Commands(database_url, database_kind=kind).call("migrate")
    says(done, "born validation", "PRO_DATABASE_KIND")


async def test_a_user_without_rights_is_told_which_ones_it_lacks(
    empty_database_url: str, database_url: str
) -> None:
    server = await asyncpg.connect(empty_database_url)
    name = "pro_test_newcomer"
    try:
        await server.execute(f"DROP ROLE IF EXISTS {name}")
        await server.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'newcomer'")
        done = await Commands(_as_user(empty_database_url, name)).call("migrate")
        says(done, "CREATEROLE", "CREATE on the database")
        for command in ("adherence", "serve"):
            done = await Commands(_as_user(database_url, name)).call(command)
            says(done, "may not act as the service's roles", "pro-service migrate")
    finally:
        await server.execute(f"DROP ROLE {name}")
        await server.close()


def _as_user(url: str, name: str) -> str:
    """The same database, another user."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{name}:newcomer@{host}"))


@pytest.mark.parametrize(
    ("setting", "value", "command", "words"),
    [
        ("PRO_DATABASE_URL", None, "adherence", ("There is no database", "--data FOLDER")),
        ("PRO_DATABASE_URL", "nonsense", "adherence", ("address cannot be read", "postgresql://")),
        ("PRO_DATABASE_URL", "postgresql://x@127.0.0.1:9/x", "adherence", ("cannot be reached",)),
        ("PRO_VAULT_KEYS", None, "serve", ("PRO_VAULT_KEYS is not set", "pro-service keys new")),
        ("PRO_SIMULATOR_SECRET", None, "serve", ("PRO_SIMULATOR_SECRET is not set",)),
        ("PRO_DATABASE_KIND", "dmo", "serve", ("PRO_DATABASE_KIND is wrong", "'production'")),
    ],
)
async def test_a_setting_that_is_missing_or_wrong_is_named(
    database_url: str, setting: str, value: str | None, command: str, words: tuple[str, ...]
) -> None:
    done = await Commands(database_url).call(command, environment={setting: value})
    says(done, *words)


@pytest.mark.parametrize("command", ["adherence", "serve", "worker"])
async def test_an_old_schema_says_how_it_is_brought_up_to_date(
    database_url: str, command: str
) -> None:
    superuser = await asyncpg.connect(database_url)
    await superuser.execute(
        "DELETE FROM pro_meta.schema_migrations WHERE series = 'migrations' AND version ="
        " (SELECT max(version) FROM pro_meta.schema_migrations WHERE series = 'migrations')"
    )
    await superuser.close()
    says(await Commands(database_url).call(command), "schema", "pro-service migrate")


async def test_what_a_demo_remembers_is_for_its_owner_only(tmp_path: Path) -> None:
    folder = DemoFolder(tmp_path)
    folder.claim()
    note = await folder.begin()
    folder.release()
    kept = tmp_path / "demo.json"
    assert kept.stat().st_mode & 0o077 == 0
    assert json.loads(kept.read_text(encoding="utf-8"))["state"] == "living"
    assert note.password.get_secret_value() not in repr(note)


async def test_a_user_that_may_make_no_roles_needs_them_granted_those_of_a_new_release_too(
    empty_database_url: str,
) -> None:
    server = await asyncpg.connect(empty_database_url)
    name, database = "pro_test_granted", urlsplit(empty_database_url).path.lstrip("/")
    before = "pro_owner, pro_participant, pro_provider, pro_worker, pro_operator, pro_desk"
    try:
        await server.execute((sql_folder() / "roles.sql").read_text(encoding="utf-8"))
        await server.execute(f"DROP ROLE IF EXISTS {name}")
        await server.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'newcomer'")
        await server.execute(f'ALTER DATABASE "{database}" OWNER TO {name}')
        await server.execute(f"GRANT {before} TO {name}")
        as_user = Commands(_as_user(empty_database_url, name))
        says(await as_user.call("migrate"), "CREATEROLE", "sql/roles.sql", "grant")
        await server.execute(f"GRANT pro_clerk TO {name}")
        done = await as_user.call("migrate")
        assert done.code == 0, done
    finally:
        await server.execute(f'ALTER DATABASE "{database}" OWNER TO CURRENT_USER')
        await server.execute(f"DROP OWNED BY {name}")
        await server.execute(f"DROP ROLE {name}")
        await server.close()
