"""pgBackRest's repository: its newest backup, and a restore of it beside what is in use."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from pydantic import BaseModel, TypeAdapter

from pro_service.domain.errors import ProServiceError

SETTINGS = "# Of a drill: what the database in use is told is not told to this one.\n"


class ArchiveError(ProServiceError):
    """pgBackRest's repository cannot be read."""


class ArchivedBackup(NamedTuple):
    """A backup in the repository: its label, its kind (full, diff, incr), and when it ended."""

    label: str
    kind: str
    stopped_at: datetime


class _Times(BaseModel):
    stop: int


class _Backup(BaseModel):
    label: str
    type: str
    timestamp: _Times


class _Stanza(BaseModel):
    backup: list[_Backup]


_STANZAS: Final = TypeAdapter(list[_Stanza])


@dataclass(frozen=True)
class Archive:
    """A repository: whose (the stanza), how it is found, and the account pgBackRest works under."""

    stanza: str
    config: Path | None = None
    account: str | None = None

    async def newest(self) -> ArchivedBackup:
        """The newest backup. Raises ArchiveError."""
        told = await self._run("info", "--output=json")
        try:
            backups = [one for stanza in _STANZAS.validate_json(told) for one in stanza.backup]
            last = max(backups, key=lambda one: one.timestamp.stop)
            stopped = datetime.fromtimestamp(last.timestamp.stop, UTC)
            return ArchivedBackup(last.label, last.type, stopped)
        except ValueError:
            raise ArchiveError(
                f"The repository gives no backup of {self.stanza}.",
                mend=f"See why: pgbackrest --stanza={self.stanza} info; a wrong cipher pass looks"
                " the same as a repository without any.",
            ) from None

    async def restore_into(self, folder: Path) -> None:
        """Restore to the newest instant into an empty folder, which a server may then start on.

        Nothing of the database in use is touched: neither its folder nor its tablespaces nor, for
        what is written from there on is archived by nobody, its archive. Raises ArchiveError.
        """
        await self._run(
            "restore",
            f"--pg1-path={folder}",
            f"--tablespace-map-all={folder.parent / 'tablespaces'}",
            f"--lock-path={folder.parent / 'lock'}",
            # Else what a link of the database in use leads to would be written where it leads.
            "--no-link-all",
            "--archive-mode=off",
        )
        with (folder / "postgresql.auto.conf").open("a", encoding="utf-8") as file:
            # Nobody asks it anything before its log is replayed.
            file.write("hot_standby = off\n")
        # Another's settings, and nobody let in yet; where Debian keeps these they are elsewhere.
        for name in ("postgresql.conf", "pg_hba.conf", "pg_ident.conf"):
            (folder / name).write_text(SETTINGS, encoding="utf-8")
            if self.account is not None:
                shutil.chown(folder / name, self.account, self.account)

    def _begin(self, words: list[str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603  (pgBackRest's own, no shell)
            words,
            user=self.account,
            group=self.account,
            cwd="/",
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    async def _run(self, command: str, *options: str) -> bytes:
        quiet = ("--log-level-file=off", "--log-level-console=off", "--log-level-stderr=error")
        words = ["pgbackrest", f"--stanza={self.stanza}", *quiet, *options]
        words += [] if self.config is None else [f"--config={self.config}"]
        try:
            process = self._begin([*words, command])
        except (OSError, LookupError) as error:
            raise ArchiveError(
                f"pgBackRest cannot be run here ({error}).",
                mend="Run the drill where the repository is read, as the account pgBackRest works"
                " under.",
            ) from None
        try:
            answer, complaints = await asyncio.to_thread(process.communicate)
        finally:
            # Whoever gives up waiting removes the folder that it writes into.
            if process.poll() is None:
                process.terminate()
                process.wait()
        if process.returncode != 0:
            lines = (answer + complaints).decode("utf-8", "replace").splitlines()
            why = next((line for line in lines if "ERROR" in line), "it said nothing")
            raise ArchiveError(f"pgbackrest {command} failed: {why.strip()[:300]}")
        return answer
