"""The data folder: its locks, its log, and the note that tells where the server listens.

supervisor.lock   held by the supervising process: a second one is told at once
server.lock       inherited by the server and all its processes: while anybody of an earlier
                  server still lives it is held, so a stale postmaster.pid is safe to remove
server.json       where the running server listens, and its password
server.password   what everybody is asked who connects; it and server.json are the owner's alone
cluster/          the PostgreSQL cluster
postgres.log      the server's log (start, stop, crash; never statements or values)
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import shutil
import signal
import tempfile
import time
from pathlib import Path

from pro_service.embedded.account import Account
from pro_service.embedded.errors import EmbeddedError

SOCKET_PREFIX = "pro-pg-"
LONGEST_SOCKET_FOLDER = 85
"""Bytes: a socket address holds 107, and the file name and a margin go off that."""

LOG_LIMIT = 10 * 1024 * 1024
OLD_SERVER_PATIENCE = 60.0


def find_running(data_dir: Path) -> str | None:
    """The URL of the server now running on `data_dir`, or None."""
    folder = DataFolder(data_dir)
    try:
        handle = os.open(folder.supervisor_lock, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        url = folder.read_note().get("url")
        return str(url) if url else None
    finally:
        os.close(handle)
    return None


class DataFolder:
    """The files of one data folder; the open locks are this object's."""

    def __init__(self, path: Path) -> None:
        """Name the parts; nothing is touched yet."""
        self.path = path.expanduser().absolute()
        self.cluster = self.path / "cluster"
        self.draft = self.path / "cluster.new"
        self.log = self.path / "postgres.log"
        self.note = self.path / "server.json"
        self.password = self.path / "server.password"
        self.supervisor_lock = self.path / "supervisor.lock"
        self.server_lock = self.path / "server.lock"
        self._handles: list[int] = []

    def cluster_major(self) -> int | None:
        """The major version that made the cluster; None when there is none yet."""
        try:
            return int((self.cluster / "PG_VERSION").read_text().strip())
        except FileNotFoundError:
            return None

    async def claim(self) -> int:
        """Make the folder ours; returns the handle of `server.lock`, for the server to inherit.

        Raises EmbeddedError when the folder is not writable or another server holds it.
        """
        handle = self._prepare()
        self._handles.append(handle)
        for _ in range(10):  # `find_running` may look for a moment
            if _try_lock(handle):
                break
            await asyncio.sleep(0.03)
        else:
            raise EmbeddedError(
                f"Another server already runs on {self.path}.",
                mend="Stop it first, or choose another data folder.",
            )
        return await self._outlive_old_server()

    def _prepare(self) -> int:
        try:
            # Only the way through is open to others, so that a dropped server can reach it.
            self.path.mkdir(mode=0o711, parents=True, exist_ok=True)
            return os.open(self.supervisor_lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise EmbeddedError(
                f"The data folder {self.path} is not writable ({error.strerror}).",
                mend="Choose a folder that you may write to.",
            ) from error

    async def _outlive_old_server(self) -> int:
        """Wait for the processes of a server whose supervisor was killed; stop a stray one."""
        handle = os.open(self.server_lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._handles.append(handle)
        began = time.monotonic()
        asked: list[signal.Signals] = []
        while not _try_lock(handle):
            waited = time.monotonic() - began
            if waited > OLD_SERVER_PATIENCE:
                raise EmbeddedError(
                    f"An earlier server on {self.path} does not stop.",
                    mend="Stop its processes, then try again.",
                )
            for after, wanted in ((1.0, signal.SIGINT), (30.0, signal.SIGQUIT)):
                if waited > after and wanted not in asked:
                    asked.append(wanted)
                    self._signal_old_server(wanted)
            await asyncio.sleep(0.05)
        self._remove_leftovers()
        return handle

    def _signal_old_server(self, wanted: signal.Signals) -> None:
        with contextlib.suppress(OSError, ValueError, IndexError):
            pid = int((self.cluster / "postmaster.pid").read_text().splitlines()[0])
            name = Path(f"/proc/{pid}/comm")
            if not name.exists() or name.read_text().startswith("postgres"):
                os.kill(pid, wanted)

    def _remove_leftovers(self) -> None:
        """After `server.lock` is ours nobody uses these, whatever the pid in them says."""
        socket_folder = Path(str(self.read_note().get("socket_folder", "")))
        if socket_folder.name.startswith(SOCKET_PREFIX) and not socket_folder.is_symlink():
            shutil.rmtree(socket_folder, ignore_errors=True)
        self.note.unlink(missing_ok=True)
        (self.cluster / "postmaster.pid").unlink(missing_ok=True)
        if self.draft.exists():
            shutil.rmtree(self.draft)

    def open_log(self) -> int:
        """A handle that appends to the log; an overgrown one is set aside first."""
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".log.1"))
        return os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def last_log_line(self) -> str:
        """The line that usually says why the server ended."""
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - 4096))
            lines = log.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else "its log is empty"

    def write_note(self, url: str, socket_folder: Path) -> None:
        """Tell `find_running` where the server listens, and its password: to its owner alone."""
        note = json.dumps({"url": url, "socket_folder": str(socket_folder)})
        write_private(self.note, note, like=self.path)

    def read_note(self) -> dict[str, object]:
        """What `write_note` left; empty when there is none."""
        try:
            note = json.loads(self.note.read_text())
        except (OSError, ValueError):
            return {}
        return note if isinstance(note, dict) else {}

    def release(self) -> None:
        """Let the locks go; a server that lives on keeps `server.lock`."""
        while self._handles:
            os.close(self._handles.pop())


def _try_lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def make_socket_folder(account: Account | None) -> Path:
    """A short, private folder for the server's socket, owned by whom the server runs as."""
    for place in (Path("/tmp"), Path(tempfile.gettempdir())):  # noqa: S108  (mkdtemp is safe)
        if len(os.fsencode(place)) < LONGEST_SOCKET_FOLDER and os.access(place, os.W_OK):
            folder = Path(tempfile.mkdtemp(prefix=SOCKET_PREFIX, dir=place))
            if account:
                os.chown(folder, account.uid, account.gid)
            return folder
    raise EmbeddedError(
        "No short writable folder was found for the server's socket.",
        mend="Make /tmp writable, or set TMPDIR to a short path.",
    )


def write_private(path: Path, text: str, *, like: Path) -> None:
    """A file that its owner alone reads, on the disk whole or not at all; its owner that of `like`.

    Only root can give a file away: what anybody else writes is theirs.
    """
    draft = path.with_name(f"{path.name}.tmp")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        if os.geteuid() == 0:
            status = like.stat()
            os.fchown(descriptor, status.st_uid, status.st_gid)
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    draft.replace(path)
