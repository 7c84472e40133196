"""The supervisor: starts PostgreSQL as a direct child, proves it ready, stops it, reaps it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import asyncpg

from pro_service.embedded.account import Account, can_reach, server_account
from pro_service.embedded.binaries import Binaries, find_binaries, readable_for
from pro_service.embedded.errors import EmbeddedError
from pro_service.embedded.folder import DataFolder, make_socket_folder
from pro_service.embedded.secret import ask_for_password, let_owner_in, read_password, trusts

LAUNCHER = Path(__file__).with_name("launcher.py")
OWN_FOLDER = "/proc/self/cwd"
READY_WITHIN = 300.0
"""Seconds: recovery after a crash may take a while, and it tells us that it is going on."""

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
    "log_line_prefix": "%m [%p] ",
    # `log` stands above `error`: messages about statements can carry values and stay out.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_checkpoints": "off",
    "jit": "off",
}
HURRIED = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}


class EmbeddedPostgres:
    """A PostgreSQL server of our own on `data_dir`, as an async context manager.

    It listens on a private unix socket only. If our process is killed the server ends with it
    (on Linux; elsewhere the next start ends it) and committed rows stay. With `durable=False`
    (tests, a trial lived at once) a crash of the machine may lose data. `bin_dir` names another
    installation's programs.
    Start it from the main thread: the kernel ties the server's life to the thread that starts it.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        durable: bool = True,
        trusting: bool = False,
        bin_dir: Path | None = None,
        ready_within: float = READY_WITHIN,
    ) -> None:
        """Nothing is touched before `start`.

        A `trusting` server asks nobody who reaches its private socket for the password: for tests.
        """
        self.url = ""
        self.version = ""
        self._folder = DataFolder(data_dir)
        self._durable = durable
        self._trusting = trusting
        self._bin_dir = bin_dir
        self._ready_within = ready_within
        self._account: Account | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._socket_folder: Path | None = None

    async def __aenter__(self) -> Self:
        """Start."""
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop, whatever happened."""
        await self.stop()

    @property
    def running(self) -> bool:
        """Whether the server process lives."""
        return self._process is not None and self._process.poll() is None

    async def start(self) -> None:
        """Start the server (making the cluster the first time) and wait until it answers.

        Raises EmbeddedError with one sentence about what is wrong.
        """
        if threading.current_thread() is not threading.main_thread():
            raise EmbeddedError("The embedded PostgreSQL must be started from the main thread.")
        try:
            lock = await self._folder.claim()
            self._account = server_account(self._folder.cluster)
            binaries = find_binaries(self._bin_dir, major=self._folder.cluster_major())
            if self._account:
                binaries = readable_for(self._account, binaries)
            if self._folder.cluster_major() is None:
                await self._make_cluster(binaries, lock)
            self._socket_folder = make_socket_folder(self._account)
            self._launch_server(binaries, lock, self._socket_folder)
            await self._until_ready()
            await self._secure(self._socket_folder)
            self._folder.write_note(self.url, self._socket_folder)
        except BaseException:
            self._stop_at_once()
            self._clean_up()
            raise

    async def stop(self) -> None:
        """Stop the server cleanly (SIGINT), harder if it does not heed, and reap it."""
        try:
            for wanted, patience in ((signal.SIGINT, 20.0), (signal.SIGQUIT, 10.0)):
                if self._process is None or not self.running:
                    break
                self._process.send_signal(wanted)
                await self._wait_for_end(patience)
        finally:
            self._stop_at_once()
            self._clean_up()

    async def _wait_for_end(self, patience: float) -> None:
        until = time.monotonic() + patience
        while self.running and time.monotonic() < until:  # noqa: ASYNC110  (a process, no event)
            await asyncio.sleep(0.01)

    def _stop_at_once(self) -> None:
        """End a server that still lives, without awaiting: this also runs while cancelled."""
        process = self._process
        if process is None:
            return
        for wanted in (signal.SIGQUIT, signal.SIGKILL):
            if process.poll() is not None:
                break
            process.send_signal(wanted)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
        process.wait()

    def _clean_up(self) -> None:
        if self._socket_folder is not None:
            self._folder.note.unlink(missing_ok=True)
            shutil.rmtree(self._socket_folder, ignore_errors=True)
        self._socket_folder = None
        self._process = None
        self.url = ""
        self._folder.release()

    async def _make_cluster(self, binaries: Binaries, lock: int) -> None:
        """Make it beside its place and rename, so that half a cluster is never taken for one."""
        draft = self._folder.draft
        draft.mkdir(mode=0o700)
        if self._account:
            os.chown(draft, self._account.uid, self._account.gid)
        arguments = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C"]
        arguments += ["--pgdata", self._seen_from_inside(draft, binaries), "--no-instructions"]
        if not self._durable:
            arguments.append("--no-sync")
        self._launch(binaries, "initdb", arguments, folder=draft, lock=lock)
        await self._wait_for_end(READY_WITHIN)
        if self._process is None or self._process.poll() != 0:
            raise EmbeddedError(
                f"The database cluster could not be made: {self._folder.last_log_line()}",
                mend=f"The whole story is in {self._folder.log}.",
            )
        draft.rename(self._folder.cluster)

    def _launch_server(self, binaries: Binaries, lock: int, socket_folder: Path) -> None:
        self.version = binaries.version
        cluster, password = self._folder.cluster, read_password(self._folder.password)
        self.url = _url_of(socket_folder, password)
        if password is None:  # never set, or lost: whoever owns the folder may set another
            let_owner_in(cluster / "pg_hba.conf")
        arguments = ["-D", self._seen_from_inside(cluster, binaries)]
        settings = {
            **SETTINGS,
            **({} if self._durable else HURRIED),
            "port": "5432",
            "unix_socket_directories": f'"{socket_folder}"',
        }
        for name, value in settings.items():
            arguments += ["-c", f"{name}={value}"]
        self._launch(binaries, "postgres", arguments, folder=cluster, lock=lock)

    def _launch(
        self, binaries: Binaries, program: str, arguments: list[str], *, folder: Path, lock: int
    ) -> None:
        """Start `program` inside `folder`, in a session of its own: Ctrl-C is for us alone."""
        account = self._account
        ids = [str(account.uid), str(account.gid)] if account else ["", ""]
        # What a server that was restored reads its log with is its own.
        kept = [k for k in os.environ if not k.startswith("PG") or k.startswith("PGBACKREST_")]
        environment = {k: os.environ[k] for k in kept}
        launcher = [sys.executable, "-I", "-S", str(LAUNCHER)]
        log = self._folder.open_log()
        try:
            self._process = subprocess.Popen(  # noqa: S603  (our launcher, no shell)
                [*launcher, str(os.getpid()), *ids, str(binaries.bin_dir / program), *arguments],
                cwd=folder,
                env={**environment, "LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(lock,),
                start_new_session=True,
            )
        finally:
            os.close(log)

    def _seen_from_inside(self, folder: Path, binaries: Binaries) -> str:
        """How the server is told its folder.

        Dropped from root it may not be able to pass through the folders above (a 0700 home). It
        is started inside its folder, so the kernel's name for "where I am" leads it there.
        """
        if self._account is None or can_reach(self._account, folder):
            return str(folder)
        if binaries.major >= 16 and Path(OWN_FOLDER).exists():
            return OWN_FOLDER
        raise EmbeddedError(
            f"The account {self._account.name}, which the server runs as, cannot reach"
            f" {self._folder.path}.",
            mend="Choose a data folder such as /var/lib/pro-service, or run as an ordinary user.",
        )

    async def _secure(self, socket_folder: Path) -> None:
        """Whoever comes is asked for a password from now on, and after every start."""
        rules = self._folder.cluster / "pg_hba.conf"
        if not self._trusting and trusts(rules):
            password = await ask_for_password(self.url, rules, self._folder.password)
            self.url = _url_of(socket_folder, password)

    async def _until_ready(self) -> None:
        """Ready is when a real connection was made, nothing less."""
        until = time.monotonic() + self._ready_within
        while time.monotonic() < until:
            if not self.running:
                raise EmbeddedError(
                    f"PostgreSQL did not start: {self._folder.last_log_line()}",
                    mend=f"The whole story is in {self._folder.log}.",
                )
            try:
                connection = await asyncpg.connect(self.url, timeout=10)
            except asyncpg.InvalidPasswordError:
                raise EmbeddedError(
                    f"The password in {self._folder.password} is not the database's.",
                    mend="Remove that file: another password is set at the next start.",
                ) from None
            except (OSError, asyncpg.PostgresError, TimeoutError):
                await asyncio.sleep(0.02)
                continue
            await connection.close()
            return
        raise EmbeddedError(f"PostgreSQL did not become ready within {self._ready_within:.0f} s.")


def _url_of(socket_folder: Path, password: str | None) -> str:
    host = quote(str(socket_folder), safe="/")
    who = "postgres" if password is None else f"postgres:{password}"
    return f"postgresql://{who}@/postgres?host={host}&port=5432"
