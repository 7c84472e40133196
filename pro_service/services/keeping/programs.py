"""The programs `pg_dump` and `pg_restore`: found, and new enough for the server."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from pro_service.domain.errors import ProServiceError
from pro_service.store.hosts import written
from pro_service.store.pooler import entry_of


class ProgramsError(ProServiceError):
    """pg_dump and pg_restore are missing or too old."""


class ProgramFailedError(ProServiceError):
    """A program of PostgreSQL failed."""


class Programs(NamedTuple):
    """Where the two programs are, and their major version."""

    folder: Path
    major: int

    @property
    def dump(self) -> str:
        """pg_dump."""
        return str(self.folder / "pg_dump")

    @property
    def restore(self) -> str:
        """pg_restore."""
        return str(self.folder / "pg_restore")


async def find_programs(server_major: int, folders: Sequence[Path]) -> Programs:
    """The oldest pair new enough for the server: of `folders`, else of PATH. Raises ProgramsError.

    pg_dump refuses a server newer than itself, and what a much newer one writes an old server may
    not read.
    """
    found: list[Programs] = []
    on_path = shutil.which("pg_dump")
    for folder in [*folders, *([] if on_path is None else [Path(on_path).parent])]:
        major = await _major(folder / "pg_dump")
        if major is not None and (folder / "pg_restore").is_file():
            found.append(Programs(folder, major))
    fitting = [one for one in found if one.major >= server_major]
    if fitting:
        return min(fitting, key=lambda one: one.major)
    seen = ", ".join(f"{one.major} in {one.folder}" for one in found)
    raise ProgramsError(
        f"The server is PostgreSQL {server_major}, and pg_dump here is "
        + (f"older: {seen}." if seen else "missing."),
        mend=f"Install the client programs of PostgreSQL {server_major} or newer, or name their"
        " folder with --bin-dir.",
    )


async def _major(program: Path) -> int | None:
    try:
        process = await asyncio.create_subprocess_exec(
            str(program), "--version", stdout=asyncio.subprocess.PIPE
        )
    except OSError:
        return None
    answer, _ = await process.communicate()
    version = re.search(rb"\) (\d+)", answer)
    return None if version is None else int(version[1])


def connection_of(url: str) -> tuple[str, dict[str, str]]:
    """The URL without its password, and the environment that carries that instead.

    What stands on a command line can be read by everybody on the machine.
    """
    parts = urlsplit(entry_of(url, None))
    query = dict(parse_qsl(parts.query))
    password = query.pop("password", None) or (unquote(parts.password) if parts.password else None)
    user, at, host = parts.netloc.rpartition("@")
    bare = parts._replace(netloc=user.partition(":")[0] + at + host, query=urlencode(query))
    environment = dict(os.environ)
    if password is not None:
        environment["PGPASSWORD"] = password
    return written(bare), environment


def failure_of(program: str, stderr: bytes) -> ProgramFailedError:
    """What a program objected to: its first complaint, without any row it quotes."""
    lines = stderr.decode("utf-8", "replace").splitlines()
    first = next((line for line in lines if "error:" in line), lines[0] if lines else "")
    said = first.partition("error:")[2].strip() or "it said nothing"
    return ProgramFailedError(f"{Path(program).name} failed: {said[:300]}.")
