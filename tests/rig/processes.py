"""Servers and workers as processes that can be killed, frozen and started again."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from tests.rig.cluster import LAUNCH
from tests.rig.proxy import Link
from tests.support.command import command
from tests.support.waiting import until


class Process:
    """`serve` or `worker`, with the ways it has to every node and to the provider."""

    def __init__(
        self, name: str, words: tuple[str, ...], environment: Mapping[str, str], ways: list[Link]
    ) -> None:
        """Nothing runs yet; `ways` lead out of it, to the database first of all."""
        self.name, self.ways = name, ways
        self._words, self._environment = words, environment
        self._process: subprocess.Popen[bytes] | None = None
        self._out: IO[str] | None = None

    async def start(self) -> None:
        """Start it, and wait until it says that it is there."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("PRO_")}
        self._out = tempfile.TemporaryFile("w+")  # noqa: SIM115  (it lives as long as the process)
        self._process = subprocess.Popen(  # noqa: ASYNC220  (begun at once)
            [*LAUNCH, str(os.getpid()), "", "", *command(*self._words)],
            env=clean | dict(self._environment),
            stdout=self._out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        said = "Serving on" if self._words[0] == "serve" else "Working"

        async def is_there() -> bool:
            assert self._process is not None
            if self._process.poll() is not None:
                raise RuntimeError(f"{self.name} ended by itself: {self.text()[-2000:]}")
            return said in self.text()

        await until(is_there)

    def text(self) -> str:
        """What it wrote since it was started."""
        assert self._out is not None
        return os.pread(self._out.fileno(), 10_000_000, 0).decode("utf-8", "replace")

    def signal(self, how: signal.Signals) -> None:
        """Signal it, if it is there."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, how)

    def lose(self) -> None:
        """SIGKILL, and all it held is gone."""
        self.signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()
        if self._out is not None:
            self._out.close()
        self._process = self._out = None


def settings_of(
    keys: tuple[str, str, str], seal_keys: str, journal: Path, *, public_url: str, secret: str
) -> dict[str, str]:
    """What every process of the service is told alike."""
    return {
        "PRO_VAULT_KEYS": keys[0],
        "PRO_INDEX_KEYS": keys[1],
        "PRO_LINK_KEYS": keys[2],
        "PRO_SEAL_KEYS": seal_keys,
        "PRO_SIMULATOR_SECRET": secret,
        "PRO_PUBLIC_URL": public_url,
        "PRO_JOURNAL_DIR": str(journal),
        "PRO_DATABASE_SECONDS": "4",
        "PRO_FAILOVER": "go-on",
    }
