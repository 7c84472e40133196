"""The demo's folder: who holds it, whether its history was lived to the end, how to sign in.

demo.lock    held while a demo runs on the folder
demo.json    what the demo must remember; readable by its owner only
keys.json    the keys of the sealed data
postgresql/  the embedded server's data
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
from pathlib import Path
from typing import Final, Literal

from pydantic import SecretStr, ValidationError

from pro_service.domain.errors import ProServiceError
from pro_service.domain.record import Record
from pro_service.embedded.folder import DataFolder

LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Nothing that is mistaken for something else when read aloud."""


class FolderUnusableError(ProServiceError):
    """The demo's folder cannot be used."""


class FolderInUseError(ProServiceError):
    """Another demo runs on the folder."""


class DemoNote(Record):
    """What the demo remembers between two starts."""

    state: Literal["living", "lived"]
    """`living` until the history has come to its end; what stands there then is lived anew."""
    password: SecretStr
    address: str = ""
    """Where the demo last served."""


class DemoFolder:
    """One demo's folder, held from `claim` to `release`."""

    def __init__(self, path: Path) -> None:
        """Name the parts; nothing is touched yet."""
        self.path = path.expanduser().absolute()
        self.database = self.path / "postgresql"
        self._note = self.path / "demo.json"
        self._lock: int | None = None

    def claim(self) -> DemoNote | None:
        """Hold the folder; returns what an earlier demo left, None for a fresh one.

        Raises FolderUnusableError, FolderInUseError.
        """
        try:
            # Only the way through is open to others, for the database's own account.
            self.path.mkdir(mode=0o711, parents=True, exist_ok=True)
            self._lock = os.open(
                self.path / "demo.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
            )
        except OSError as error:
            raise FolderUnusableError(
                f"The data folder {self.path} is not writable ({error.strerror}).",
                mend="Choose a folder that you may write to with --data FOLDER.",
            ) from None
        note = self._read()
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            where = f" at {note.address}" if note is not None and note.address else ""
            raise FolderInUseError(
                f"Another demo already runs on {self.path}{where}.",
                mend="Open that one, or choose another folder with --data FOLDER.",
            ) from None
        if note is None and self.database.exists():
            raise FolderUnusableError(
                f"{self.path} holds a database that no demo made; the demo leaves it alone.",
                mend="Choose another folder with --data FOLDER.",
            )
        return note

    def release(self) -> None:
        """Let the folder go."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    async def begin(self) -> DemoNote:
        """Clear what a history that was cut short left behind, and begin anew.

        Raises FolderUnusableError, EmbeddedError while a server still runs there.
        """
        try:
            if self.database.exists():
                # The server of a killed demo may still be ending: it is waited for.
                old = DataFolder(self.database)
                try:
                    await old.claim()
                finally:
                    old.release()
                shutil.rmtree(self.database)
            (self.path / "keys.json").unlink(missing_ok=True)
            return self.write(DemoNote(state="living", password=SecretStr(_new_password())))
        except OSError as error:
            raise FolderUnusableError(
                f"The data folder {self.path} is not writable ({error.strerror}).",
                mend="Remove it, or choose another with --data FOLDER.",
            ) from None

    def write(self, note: DemoNote) -> DemoNote:
        """Remember `note`, whole or not at all."""
        plain = note.model_dump() | {"password": note.password.get_secret_value()}
        write_private(self._note, plain)
        return note

    def _read(self) -> DemoNote | None:
        try:
            return DemoNote.model_validate(json.loads(self._note.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, ValidationError):
            raise FolderUnusableError(
                f"{self._note} cannot be read.",
                mend="Remove the folder, or choose another with --data FOLDER.",
            ) from None


def write_private(path: Path, values: object) -> None:
    """Write JSON that only its owner may read, whole or not at all."""
    draft = path.with_name(f"{path.name}.tmp")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(json.dumps(values, indent=2, ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _new_password() -> str:
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(5)) for _ in range(3))
