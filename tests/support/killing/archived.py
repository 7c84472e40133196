"""A PostgreSQL whose log pgBackRest archives as the shipped files say; Debian's programs."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from pro_service.services import keeping
from tests.support.command import free_port

BIN: Final = Path("/usr/lib/postgresql/15/bin")
SHIPPED: Final = Path(keeping.__file__).parent / "archiving"
PASSES: Final = {"PGBACKREST_REPO1_CIPHER_PASS": "for this test alone"}
IS_HERE: Final = bool(
    shutil.which("pgbackrest") and (BIN / "postgres").exists() and shutil.which("runuser")
)
INITDB: Final = ("-A", "trust", "-U", "postgres", "-E", "UTF8")
AS_POSTGRES: Final = ("runuser", "-u", "postgres", "--") if os.getuid() == 0 else ()
"""Neither program works as root."""


class Cluster:
    """Data folder, repository and configuration, all below one folder."""

    def __init__(self, folder: Path) -> None:
        """Nothing is made yet."""
        self.folder = folder
        self.data = folder / "data"
        self.config = folder / "pgbackrest.conf"
        self.ports: dict[Path, int] = {}

    def make(self) -> None:
        """Make the database's folder, with the log archived as the shipped files say."""
        (self.folder / "repository").mkdir()
        text = (SHIPPED / "pgbackrest.conf").read_text("utf-8")
        text = text.replace("<folder of the repository>", str(self.folder / "repository"))
        text = text.replace("<data folder of PostgreSQL>", str(self.data))
        # Another place for its locks than the machine's.
        self.config.write_text(text.replace("[global]\n", f"[global]\nlock-path={self.folder}\n"))
        for path in (self.folder, self.folder / "repository", self.config):
            self._give(path)
        self.run(
            str(BIN / "initdb"), "-D", str(self.data), "-A", "trust", "-U", "postgres", "-E", "UTF8"
        )
        settings = (
            (SHIPPED / "postgresql.conf")
            .read_text("utf-8")
            .replace("pgbackrest --stanza", f"pgbackrest --config={self.config} --stanza")
        )
        with (self.data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write(
                "\nlisten_addresses = '127.0.0.1'\n"
                + f"unix_socket_directories = '{self.folder}'\n"
                + settings
            )

    @staticmethod
    def _give(path: Path) -> None:
        """Let the database's account have it."""
        if AS_POSTGRES:
            shutil.chown(path, "postgres", "postgres")

    def run(self, *words: str) -> str:
        """Run a program as the database's account; what it printed."""
        done = subprocess.run(
            [*AS_POSTGRES, *words],
            env=os.environ | PASSES | {"LC_ALL": "C.UTF-8"},
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout

    def start(self, data: Path) -> str:
        """Start a server on a folder; its URL."""
        port = self.ports[data] = free_port()
        self._ctl(data, "start", "-w", "-l", str(data / "log"), "-o", f"-p {port}")
        return f"postgresql://postgres@127.0.0.1:{port}/postgres"

    def stop(self) -> None:
        """Stop every server that was started."""
        for data in list(self.ports):
            self.stop_one(data)

    def stop_one(self, data: Path) -> None:
        """Stop the server of one folder, at once."""
        del self.ports[data]
        self._ctl(data, "stop", "-m", "immediate")

    def _ctl(self, data: Path, *words: str) -> None:
        self.run(str(BIN / "pg_ctl"), "-D", str(data), *words)

    def pgbackrest(self, *words: str) -> None:
        """Run pgBackRest on the shipped configuration."""
        self.run(
            *(*self._words(), f"--pg1-port={self.ports[self.data]}", "--pg1-user=postgres"),
            *(f"--pg1-socket-path={self.folder}", *words),
        )

    def _words(self) -> tuple[str, ...]:
        return ("pgbackrest", f"--config={self.config}", "--stanza=pro")

    def restore_to(self, target: datetime) -> Path:
        """Restore to a point in time into another folder, which is ready to be started."""
        other = self.folder / "restored"
        other.mkdir(mode=0o700)
        self._give(other)
        self.run(
            "pgbackrest",
            f"--config={self.config}",
            "--stanza=pro",
            f"--lock-path={self.folder}/lock",
            f"--pg1-path={other}",
            "--type=time",
            f"--target={target.isoformat(sep=' ')}",
            "--target-action=promote",
            "restore",
        )
        # What goes on from there is no longer archived as if it were the one that was lost.
        with (other / "postgresql.auto.conf").open("a", encoding="utf-8") as file:
            file.write("archive_mode = off\n")
        return other


@contextmanager
def archived_cluster() -> Iterator[Cluster]:
    """A cluster in a folder the database's account can reach."""
    with tempfile.TemporaryDirectory(prefix="pro-test-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        cluster = Cluster(folder)
        cluster.make()
        try:
            yield cluster
        finally:
            cluster.stop()
