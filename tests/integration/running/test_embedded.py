"""The embedded server: started, stopped, killed, by root and by an ordinary user."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest

from pro_service.embedded import EmbeddedError, EmbeddedPostgres, find_running
from pro_service.embedded.account import Account, can_reach, server_account
from pro_service.embedded.binaries import find_binaries
from pro_service.embedded.secret import trusts
from tests.support.databases import bin_dir_for_tests, run

CHECKOUT = Path(__file__).parents[3]
BIN = bin_dir_for_tests()
AS_ROOT = os.geteuid() == 0
NOBODY = Account("nobody", 65534, 65534)


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that everybody may pass through, with a space in its name."""
    with tempfile.TemporaryDirectory(prefix="pro test ") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def embedded(data: Path, *, durable: bool = False) -> EmbeddedPostgres:
    """A server on `data`; what may be lost is only asked of a durable one."""
    return EmbeddedPostgres(data, durable=durable, bin_dir=BIN)


def start_in_another_process(
    data: Path, *, python: Path = Path(sys.executable), account: Account | None = None
) -> tuple[subprocess.Popen[str], str]:
    """The process supervising a durable server on `data`, and the server's URL."""
    command = [str(python), "-m", "pro_service.embedded", "--data", str(data)]
    command += ["--bin-dir", str(BIN)] if BIN else []
    search_path = os.pathsep.join([str(CHECKOUT), *(p for p in sys.path if "site-packages" in p)])
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        text=True,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": search_path},
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        cwd="/",
    )
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    assert url, "the server did not start"
    return process, url


def rights(path: Path) -> int:
    """The permission bits of `path`."""
    return path.stat().st_mode & 0o777


def owner_of(path: Path) -> int:
    """The uid `path` belongs to; for a process, whom it runs as."""
    return path.stat().st_uid


def server_pid(data: Path) -> int:
    """The pid in the cluster's own note."""
    return int((data / "cluster" / "postmaster.pid").read_text().splitlines()[0])


def is_alive(pid: int) -> bool:
    """Whether the process exists and is more than an entry nobody has collected."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until_gone(pid: int) -> None:
    """Until the process has ended; fails after two minutes."""
    until = time.monotonic() + 120
    while is_alive(pid):
        assert time.monotonic() < until, "the server lives on"
        time.sleep(0.02)


async def execute(url: str, *statements: str) -> None:
    """Run statements over a connection of their own."""
    connection = await asyncpg.connect(url)
    for statement in statements:
        await connection.execute(statement)
    await connection.close()


async def count_things(url: str) -> int:
    """How many rows the test's table holds."""
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval("SELECT count(*) FROM things"))
    finally:
        await connection.close()


@pytest.mark.thorough
async def test_a_second_start_reuses_the_data(place: Path) -> None:
    data = place / "a folder"
    async with embedded(data) as server:
        await execute(server.url, "CREATE TABLE things (id int)", "INSERT INTO things VALUES (1)")
    assert not server.running
    async with embedded(data) as server:
        assert await count_things(server.url) == 1
        assert int(server.version.split(".")[0]) >= 15


async def test_the_server_listens_on_a_private_socket_only(place: Path) -> None:
    async with embedded(place / "pg") as server:
        connection = await asyncpg.connect(server.url)
        assert await connection.fetchval("SHOW listen_addresses") == ""
        socket = Path((await connection.fetchval("SHOW unix_socket_directories")).strip('"'))
        encoding = await connection.fetchval("SHOW server_encoding")
        await connection.close()
        assert rights(socket) == 0o700
        assert encoding == "UTF8"
    assert find_running(place / "pg") is None
    with pytest.raises(FileNotFoundError):
        rights(socket)


async def test_m18_a_server_that_keeps_its_data_asks_everybody_for_its_password(
    place: Path,
) -> None:
    data = place / "pg"
    process, url = start_in_another_process(data)
    password = urlsplit(url).password
    assert password is not None
    for who in ("postgres@", "postgres:wrong@"):
        with pytest.raises(asyncpg.PostgresError, match="password"):
            await execute(url.replace(f"postgres:{password}@", who))
    await execute(url, "CREATE TABLE things (id int)")
    for name in ("server.password", "server.json"):
        assert rights(data / name) == 0o600, name
        assert owner_of(data / name) == owner_of(data), name
    assert "trust" not in (data / "cluster" / "pg_hba.conf").read_text().split()
    assert find_running(data) == url
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0
    process.communicate()
    assert password not in (data / "postgres.log").read_text()
    async with embedded(data, durable=True) as server:
        assert urlsplit(server.url).password == password
        assert await count_things(server.url) == 0


async def test_m18_a_cluster_of_before_asks_from_its_next_start_on_whatever_was_cut_short(
    place: Path,
) -> None:
    data = place / "pg"
    rules, kept = data / "cluster" / "pg_hba.conf", data / "server.password"
    async with EmbeddedPostgres(data, trusting=True, bin_dir=BIN) as server:
        await execute(server.url, "CREATE TABLE things (id int)")
        assert urlsplit(server.url).password is None
    kept.write_text("kept-and-not-yet-set\n")  # its first such start was cut short
    async with embedded(data) as server:
        assert urlsplit(server.url).password == "kept-and-not-yet-set"
        assert await count_things(server.url) == 0
    assert not trusts(rules)
    kept.write_text("another\n")
    with pytest.raises(EmbeddedError, match="Remove that file"):
        await embedded(data).start()
    kept.unlink()
    async with embedded(data) as server:
        assert urlsplit(server.url).password not in (None, "another", "kept-and-not-yet-set")
        with pytest.raises(asyncpg.PostgresError, match="password"):
            await execute(server.url.replace(kept.read_text().strip(), "wrong"))
        assert await count_things(server.url) == 0


@pytest.mark.parametrize("there", [("postgres", "nobody", "pro-service"), ("postgres", "nobody")])
def test_root_prefers_an_account_of_its_own(
    place: Path, there: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def look_up(name: str) -> SimpleNamespace:
        return SimpleNamespace(pw_name=name, pw_uid=there.index(name) + 100, pw_gid=100)

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(pwd, "getpwnam", lambda name: {n: look_up(n) for n in there}[name])
    account = server_account(place / "none yet")
    assert account is not None
    assert account.name == there[-1]


async def test_the_log_holds_neither_statements_nor_values(place: Path) -> None:
    async with embedded(place / "pg") as server:
        connection = await asyncpg.connect(server.url)
        await connection.execute(
            "CREATE TABLE things (word text PRIMARY KEY, id int CHECK (id > 0))"
        )
        await connection.execute("INSERT INTO things VALUES ('canary', 1)")
        for statement, value in (
            ("INSERT INTO things VALUES ($1, 2)", "canary"),
            ("INSERT INTO things VALUES ($1, -1)", "canary 2"),
            ("SELECT $1::text::int", "canary"),
        ):
            with pytest.raises(asyncpg.PostgresError):
                await connection.execute(statement, value)
        await connection.close()
    log = (place / "pg" / "postgres.log").read_text()
    assert "ready to accept connections" in log
    assert "canary" not in log


async def test_a_held_folder_is_refused_and_left_running(place: Path) -> None:
    data = place / "pg"
    assert find_running(data) is None
    async with embedded(data) as server:
        assert find_running(data) == server.url
        with pytest.raises(EmbeddedError, match="Another server already runs"):
            await embedded(data).start()
        await execute(server.url, "SELECT 1")
        assert find_running(data) == server.url
    assert find_running(data) is None


async def test_kill_9_of_the_supervisor_leaves_no_server_and_loses_nothing(place: Path) -> None:
    data = place / "pg"
    process, url = start_in_another_process(data)
    await execute(url, "CREATE TABLE things (id int)", "INSERT INTO things VALUES (1)")
    pid = server_pid(data)
    assert find_running(data) == url
    process.kill()
    process.communicate()
    async with embedded(
        data, durable=True
    ) as server:  # at once: it waits for the old server by itself
        assert not is_alive(pid)
        assert await count_things(server.url) == 1
        assert len(list(data.parent.iterdir())) == 1


@pytest.mark.thorough
async def test_kill_9_ends_the_server_without_a_next_start(place: Path) -> None:
    process, url = start_in_another_process(place / "pg")
    pid = server_pid(place / "pg")
    process.kill()
    process.communicate()
    wait_until_gone(pid)
    shutil.rmtree(parse_qs(urlsplit(url).query)["host"][0])  # what the next start would do


async def test_a_killed_server_recovers_and_its_stale_pid_is_not_believed(place: Path) -> None:
    data = place / "pg"
    async with embedded(data, durable=True) as server:
        await execute(server.url, "CREATE TABLE things (id int)", "INSERT INTO things VALUES (1)")
        os.kill(server_pid(data), signal.SIGKILL)
    note = data / "cluster" / "postmaster.pid"
    note.write_text("\n".join([str(os.getppid()), *note.read_text().splitlines()[1:]]) + "\n")
    async with embedded(data, durable=True) as server:
        assert await count_things(server.url) == 1


@pytest.mark.parametrize(
    "wanted", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.thorough)]
)
async def test_ctrl_c_stops_the_server_cleanly(place: Path, wanted: signal.Signals) -> None:
    data = place / "pg"
    process, _ = start_in_another_process(data)
    pid = server_pid(data)
    process.send_signal(wanted)
    assert process.wait(20) == 0
    process.communicate()
    assert not is_alive(pid)
    assert "database system is shut down" in (data / "postgres.log").read_text()
    assert find_running(data) is None


async def test_half_a_cluster_is_made_anew(place: Path) -> None:
    draft = place / "pg" / "cluster.new"
    draft.mkdir(parents=True)
    (draft / "PG_VERSION").write_text("1\n")
    async with embedded(place / "pg") as server:
        await execute(server.url, "SELECT 1")
    assert not draft.exists()


async def test_a_folder_that_cannot_be_written_is_one_clear_error(place: Path) -> None:
    (place / "file").write_text("")
    with pytest.raises(EmbeddedError, match="is not writable"):
        await embedded(place / "file" / "pg").start()


async def test_a_cluster_of_another_version_is_refused(place: Path) -> None:
    (place / "pg" / "cluster").mkdir(parents=True)
    (place / "pg" / "cluster" / "PG_VERSION").write_text("14\n")
    with pytest.raises(EmbeddedError, match="made by PostgreSQL 14"):
        await embedded(place / "pg").start()
    assert find_running(place / "pg") is None


def test_old_and_missing_programs_are_named(place: Path) -> None:
    with pytest.raises(EmbeddedError, match="holds no PostgreSQL"):
        find_binaries(place, major=None)
    program = place / "postgres"
    program.write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 13.9'\n")
    program.chmod(0o755)
    with pytest.raises(EmbeddedError, match="too old"):
        find_binaries(place, major=None)


def test_a_missing_wheel_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pro_service.embedded.binaries.WHEEL", "no_such_wheel")
    with pytest.raises(EmbeddedError, match=r"pip install 'pro-service\[demo\]'"):
        find_binaries(None, major=None)


def test_a_worker_thread_may_not_start_it(place: Path) -> None:
    faults: list[str] = []

    def start() -> None:
        try:
            run(embedded(place / "pg").start())
        except EmbeddedError as error:
            faults.append(str(error))

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert faults == ["The embedded PostgreSQL must be started from the main thread."]


@pytest.mark.skipif(not AS_ROOT, reason="only root is dropped to an unprivileged user")
async def test_as_root_the_server_is_unprivileged_and_parents_keep_their_rights(
    place: Path,
) -> None:
    async with embedded(place / "pg"):
        assert owner_of(Path(f"/proc/{server_pid(place / 'pg')}")) != 0
    assert rights(place) == 0o755


@pytest.mark.skipif(not AS_ROOT, reason="only root is dropped to an unprivileged user")
@pytest.mark.skipif(BIN is not None, reason="needs PostgreSQL 16 or newer")
async def test_as_root_a_private_home_may_hold_the_data(place: Path) -> None:
    home = place / "home"
    home.mkdir(mode=0o700)
    for _ in range(2):
        async with embedded(home / "deep" / "pg") as server:
            await execute(server.url, "CREATE TABLE IF NOT EXISTS things (id int)")
    assert rights(home) == 0o700
    assert owner_of(home) == 0


@pytest.mark.skipif(not AS_ROOT, reason="an ordinary user runs every other test here")
async def test_an_ordinary_user_may_run_it(place: Path) -> None:
    data = place / "pg"
    data.mkdir()
    os.chown(data, NOBODY.uid, NOBODY.gid)
    process, url = start_in_another_process(data, python=python_for_nobody(), account=NOBODY)
    await execute(url, "CREATE TABLE things (id int)")
    pid = server_pid(data)
    process.kill()
    process.communicate()
    wait_until_gone(pid)
    async with embedded(data) as server:  # root may go on with it
        assert await count_things(server.url) == 0


def python_for_nobody() -> Path:
    """An interpreter that an ordinary user may run, with our packages readable for it too."""
    same = f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"
    needed = [CHECKOUT / "pro_service", *(Path(p) for p in sys.path if "site-packages" in p)]
    if not all(can_reach(NOBODY, path) for path in needed):
        pytest.skip("the checkout or its environment lies where ordinary users cannot read")
    for python in (Path(sys.executable), Path(same)):
        if python.exists() and can_reach(NOBODY, python):
            return python
    pytest.skip(f"no Python that ordinary users can run ({same})")
