"""PgBouncer before the database: a session a connection is fine, anything less is refused."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest

from pro_service.embedded.account import server_account
from pro_service.services.keeping.programs import connection_of
from pro_service.store.bounds import Bounds, DatabaseRefusedError
from pro_service.store.pooler import PoolerError
from pro_service.store.pools import ROLES, check_sessions, connect, open_pools
from tests.support.command import free_port
from tests.support.waiting import until

PGBOUNCER: Final = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
ENTRIES: Final = (*ROLES, "operator", "owner", "login")
AS_IT_IS: Final = Bounds(statement=7.0)
DROPS: Final = (
    "role, search_path, pro.actor, jit, statement_timeout, tcp_keepalives_idle,"
    " tcp_keepalives_interval, tcp_keepalives_count, tcp_user_timeout,"
    " idle_in_transaction_session_timeout"
)
"""What an operator may have told it to ignore, so that whoever comes is let in."""

pytestmark = pytest.mark.skipif(
    PGBOUNCER is None, reason="needs Debian's pgbouncer, which .ci/run installs"
)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that an account without rights can reach."""
    with tempfile.TemporaryDirectory(prefix="pro-test-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@asynccontextmanager
async def pooled(
    database_url: str, folder: Path, mode: str, ignored: str = "extra_float_digits"
) -> AsyncIterator[str]:
    """PgBouncer before a test's database, with an entry for each role; its address."""
    there, port = urlsplit(database_url), free_port()
    asked = parse_qs(there.query)
    host = asked.get("host", [there.hostname or ""])[0]
    target = f"host={host} port={asked.get('port', [str(there.port)])[0]}"
    name = there.path.lstrip("/")
    account = server_account(folder / "none")
    (folder / "users.txt").write_text('"postgres" ""\n')
    (folder / "pgbouncer.ini").write_text(
        "[databases]\n"
        + "".join(f"pro_{one} = {target} dbname={name} pool_size=4\n" for one in ENTRIES)
        + f"plain = {target} dbname={name}\n"
        + f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nauth_type = trust\n"
        + f"auth_file = {folder}/users.txt\nunix_socket_dir =\nlogfile =\n"
        + f"pool_mode = {mode}\nignore_startup_parameters = {ignored}\n"
        + (f"user = {account.name}\n" if account is not None and os.geteuid() == 0 else "")
    )
    assert PGBOUNCER is not None
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(  # noqa: ASYNC220  (begun at once)
            [PGBOUNCER, str(folder / "pgbouncer.ini")], stdout=log, stderr=log
        )
    address = f"postgresql://postgres@127.0.0.1:{port}"

    async def answers() -> bool:
        try:
            await (await asyncpg.connect(f"{address}/plain")).close()
        except (OSError, asyncpg.PostgresError):
            return False
        return True

    try:
        await until(answers)
        yield address
    finally:
        process.kill()
        await asyncio.to_thread(process.wait)


def test_programs_of_postgresql_take_the_entry_of_whoever_logs_in() -> None:
    bare, environment = connection_of("postgresql://me:pw@bouncer:6432/pro_{role}")
    assert (bare, environment["PGPASSWORD"]) == ("postgresql://me@bouncer:6432/pro_login", "pw")


async def test_with_a_session_a_connection_every_role_works_as_itself(
    database_url: str, folder: Path
) -> None:
    async with pooled(database_url, folder, "session") as address:
        url = f"{address}/pro_{{role}}"
        await check_sessions(url)
        for _ in range(2):  # The second time on sessions that others had before.
            async with await open_pools(url, bounds=AS_IT_IS, min_size=1) as pools:
                for role in ROLES:
                    async with pools._pools[role].acquire() as connection:
                        await connection.execute("SET search_path = public")
                    said = await pools._pools[role].fetchrow(
                        "SELECT current_user, current_setting('pro.actor') AS actor,"
                        " current_setting('search_path') AS path,"
                        " current_setting('statement_timeout') AS bound,"
                        " current_setting('TimeZone') AS zone"
                    )
                    bound = "21s" if role == "worker" else "7s"
                    # Nothing is put back between loans, and nothing of ours sets more than its
                    # transaction (tests/architecture/test_sql.py).
                    told = (f"pro_{role}", f"service:{role}", "public", bound, "UTC")
                    assert tuple(said) == told
        for full, name in (("pro_operator", "pro_operator"), (None, "postgres")):
            one = await connect(url, role=full, actor="cli:test")
            assert await one.fetchval("SELECT current_user") == name
            await one.close()


async def test_transaction_mode_is_refused_with_the_reason(database_url: str, folder: Path) -> None:
    async with pooled(database_url, folder, "transaction") as address:
        with pytest.raises(PoolerError, match="transaction or statement mode") as refused:
            await check_sessions(f"{address}/pro_{{role}}")
        assert refused.value.mend == "Set pool_mode = session in its configuration."


async def test_a_pooler_nobody_named_is_refused_and_so_is_one_that_drops_roles(
    database_url: str, folder: Path
) -> None:
    async with pooled(database_url, folder, "session") as address:
        with pytest.raises(DatabaseRefusedError, match="A pooler stands before") as refused:
            await check_sessions(f"{address}/plain")
        assert "{role}" in (refused.value.mend or "")
    async with pooled(database_url, folder, "session", DROPS) as address:
        with pytest.raises(PoolerError, match="drops what connections start with"):
            await check_sessions(f"{address}/plain")
