"""The command line as a process of its own, on a test's database."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import IO, NamedTuple

import aiohttp
from typer.testing import CliRunner

from pro_service.cli.main import app
from pro_service.cli.runtime import out as console
from pro_service.vault.keys import KeyRing
from pro_service.vault.signing import SigningRing
from pro_service.vault.vault import Vault
from tests.support.waiting import PATIENCE_SECONDS, until

MOST_OUTPUT = 10_000_000
SITE = (
    *("site", "add", "BJ01", "--name", "One", "--zone", "Asia/Shanghai", "--country", "cn"),
    *("--telephone", "+12025550198", "--emergency-number", "120", "--sender", "+12025550199"),
)
"""The words that add the site of an operator's tests."""


class Finished(NamedTuple):
    """How a command ended and what it wrote."""

    code: int
    out: str
    err: str


class Commands:
    """Runs `pro-service` with one set of settings; keeps everything it ever wrote."""

    def __init__(self, database_url: str | None, **settings: str) -> None:
        """Settings are given without the prefix, in lower case."""
        given = {
            "vault_keys": KeyRing.generate().reveal(),
            "index_keys": KeyRing.generate().reveal(),
            "link_keys": KeyRing.generate().reveal(),
            "seal_keys": SigningRing.generate().reveal(),
            "simulator_secret": "a shared secret of the tests",
            "actor": "test",
        } | settings
        if database_url is not None:
            given["database_url"] = database_url
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith("PRO_")
        } | {f"PRO_{name.upper()}": value for name, value in given.items()}
        self.environment |= {"PYTHONWARNINGS": "error", "NO_COLOR": "1", "COLUMNS": "200"}
        self.written: list[str] = []

    def on(self, database_url: str) -> Commands:
        """The same settings for another database."""
        other = copy.copy(self)
        other.environment = self.environment | {"PRO_DATABASE_URL": database_url}
        other.written = []
        return other

    async def do(self, *commands: tuple[str, ...]) -> Commands:
        """Run commands in this process that must succeed; itself."""
        for words in commands:
            done = await self.call(*words)
            assert done.code == 0, done.err
        return self

    def run(
        self, *words: str, environment: Mapping[str, str | None] | None = None, stdin: str = ""
    ) -> Finished:
        """Run one command to its end."""
        changed = self.environment | {
            name: value for name, value in (environment or {}).items() if value is not None
        }
        for name, value in (environment or {}).items():
            if value is None:
                changed.pop(name, None)
        done = subprocess.run(
            command(*words),
            env=changed,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        self.written += [done.stdout, done.stderr]
        return Finished(done.returncode, done.stdout, done.stderr)

    async def call(
        self, *words: str, environment: Mapping[str, str | None] | None = None, stdin: str = ""
    ) -> Finished:
        """Run one command in this process: much faster, where only its words and rows matter."""
        unset = {name: None for name in os.environ if name.startswith("PRO_")}
        changed: dict[str, str | None] = {**unset, **self.environment, **(environment or {})}

        def invoke() -> Finished:
            # As wide as for a process of its own, whichever test loaded the command line first.
            console.width = int(self.environment["COLUMNS"])
            done = CliRunner(env=changed).invoke(app, list(words), input=stdin)
            traceback = ""
            if done.exception is not None and not isinstance(done.exception, SystemExit):
                traceback = "Traceback of " + repr(done.exception)
            return Finished(done.exit_code, done.stdout, done.stderr + traceback)

        finished = await asyncio.to_thread(invoke)
        self.written += [finished.out, finished.err]
        return finished

    @asynccontextmanager
    async def running(self, *words: str, ready: str) -> AsyncIterator[Running]:
        """A command that goes on until told to stop; yielded once it has written `ready`."""
        with tempfile.TemporaryFile("w+") as out:
            process = subprocess.Popen(  # noqa: ASYNC220  (begun at once)
                command(*words), env=self.environment, stdout=out, stderr=subprocess.STDOUT
            )
            started = Running(process, out)
            try:
                await started.has_written(ready)
                yield started
            finally:
                if process.poll() is None:
                    process.kill()
                process.wait()
                self.written.append(started.text())


class Running:
    """A command under way."""

    def __init__(self, process: subprocess.Popen[bytes], out: IO[str]) -> None:
        """Keep the process and the file it writes into."""
        self.process, self._out = process, out

    def text(self) -> str:
        """Everything written so far."""
        return os.pread(self._out.fileno(), MOST_OUTPUT, 0).decode("utf-8", "replace")

    async def has_written(self, words: str) -> None:
        """Wait until it has written `words`."""

        async def are_there() -> bool:
            written = self.text()
            if words in written:
                return True
            assert self.process.poll() is None, written
            return False

        await until(are_there)

    async def stop(self) -> int:
        """Send SIGTERM and wait; the exit code."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)

        async def has_ended() -> bool:
            return self.process.poll() is not None

        await until(has_ended)
        return self.process.returncode


def commands_with(url: str, vault: Vault, **settings: str) -> Commands:
    """Commands on a database whose values were sealed with the keys of `vault`."""
    return Commands(
        url,
        vault_keys=vault._master.reveal(),
        index_keys=vault._index.reveal(),
        link_keys=vault._link.reveal(),
        **settings,
    )


def command(*words: str) -> list[str]:
    """The command line of `pro-service`."""
    return [sys.executable, "-c", "from pro_service.cli.main import main; main()", *words]


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def get(url: str) -> tuple[int, str]:
    """Status and body of a GET."""
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return response.status, await response.text()
