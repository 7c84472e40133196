"""Making a backup: one file of a manifest and a dump of the very same snapshot, then read back."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from pydantic import ValidationError

from pro_service.domain.errors import ProServiceError
from pro_service.services.keeping.manifest import (
    Manifest,
    ManifestMismatchError,
    Progress,
    read_manifest,
)
from pro_service.services.keeping.programs import (
    Programs,
    connection_of,
    failure_of,
    find_programs,
)
from pro_service.store.keeping import backups
from pro_service.store.pools import connect
from pro_service.vault.keys import KeyRing
from pro_service.vault.stream import CHUNK_BYTES, StreamBrokenError, StreamWriter, read_stream

OWNER: Final = "pro_owner"
_LENGTH_BYTES: Final = 8
_LONGEST_LINE: Final = 2**30
"""A row in a dump's text is a line; no row is longer than PostgreSQL's own limit."""


class FileInTheWayError(ProServiceError):
    """A file of that name is there already."""


class FileUnwritableError(ProServiceError):
    """The backup's file cannot be written or read."""


@dataclass(frozen=True)
class Place:
    """A database, who works on it, and the folders that may hold PostgreSQL's programs."""

    url: str
    actor: str
    folders: Sequence[Path] = ()


async def make_backup(
    place: Place, file: Path, ring: KeyRing | None, progress: Progress
) -> Manifest:
    """Write a backup to `file`, under `ring` if one is given, and read it back.

    It appears under its name once it is whole and on disk. Raises FileInTheWayError,
    FileUnwritableError, ProgramsError, ProgramFailedError, HiddenRowsError, StreamBrokenError,
    ManifestMismatchError, DatabaseUnreachableError; nothing is left behind then.
    """
    _refuse_existing(file)
    draft = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        with _new_file(draft) as descriptor:
            manifest, programs = await _write(place, descriptor, ring, progress)
        await verify(draft, ring, programs, progress)
        _refuse_existing(file)
        draft.rename(file)
        _sync_folder(file.parent)
    except OSError as error:
        raise FileUnwritableError(
            f"{file} cannot be written ({error.strerror}).", mend="Choose a place with room."
        ) from None
    finally:
        draft.unlink(missing_ok=True)
    return manifest


def _refuse_existing(file: Path) -> None:
    if file.exists():
        raise FileInTheWayError(
            f"{file} is there already, and a backup replaces none.", mend="Choose another name."
        )


@contextlib.contextmanager
def _new_file(path: Path) -> Iterator[int]:
    """A file readable by its owner only; on disk before this ends."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        yield descriptor
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


async def _write(
    place: Place, descriptor: int, ring: KeyRing | None, progress: Progress
) -> tuple[Manifest, Programs]:
    connection = await connect(place.url, role=OWNER, actor=place.actor)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            snapshot = await backups.export_snapshot(connection)
            origin = await backups.get_origin(connection)
            programs = await find_programs(origin.server_major, place.folders)
            manifest = await read_manifest(connection, origin, programs.major, progress)
            with os.fdopen(os.dup(descriptor), "wb") as file:
                stream = StreamWriter(file, ring)
                head = manifest.model_dump_json().encode("utf-8")
                stream.write(len(head).to_bytes(_LENGTH_BYTES, "big") + head)
                written = 0
                async for piece in _dumped(place, programs, snapshot, manifest.schemas):
                    stream.write(piece)
                    written += len(piece)
                    progress("Writing the dump (bytes)", written, 0)
                stream.finish()
    finally:
        await connection.close()
    return manifest, programs


async def _dumped(
    place: Place, programs: Programs, snapshot: str, schemas: Sequence[str]
) -> AsyncIterator[bytes]:
    """What pg_dump writes of the snapshot, as the owner under the rules of rows it stands in.

    Raises ProgramFailedError.
    """
    url, environment = connection_of(place.url)
    process = await asyncio.create_subprocess_exec(
        programs.dump,
        "--format=custom",
        "--no-password",
        f"--role={OWNER}",
        "--enable-row-security",
        f"--snapshot={snapshot}",
        *(f"--schema={name}" for name in schemas),
        f"--dbname={url}",
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=CHUNK_BYTES,
    )
    async with ended(process):
        out, complaints = _pipes(process)
        said = asyncio.create_task(complaints.read())
        while piece := await out.read(CHUNK_BYTES):
            yield piece
        if await process.wait() != 0:
            raise failure_of(programs.dump, await said)
        await said


def _pipes(
    process: asyncio.subprocess.Process,
) -> tuple[asyncio.StreamReader, asyncio.StreamReader]:
    if process.stdout is None or process.stderr is None:
        raise AssertionError("both were asked for")
    return process.stdout, process.stderr


@asynccontextmanager
async def ended(process: asyncio.subprocess.Process) -> AsyncIterator[None]:
    """Let no program outlive what it was started for."""
    try:
        yield
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


class BackupFile:
    """A backup being read: its manifest, then the dump, a chunk at a time."""

    def __init__(self, file: Path, ring: KeyRing | None) -> None:
        """Nothing is opened yet."""
        self._path = file
        self._ring = ring
        self._stack = contextlib.ExitStack()
        self._chunks: Iterator[bytes] = iter(())
        self._rest = b""
        self.manifest: Manifest

    def __enter__(self) -> Self:
        """Open it and read the manifest.

        Raises FileUnwritableError, StreamBrokenError, StreamKeyError, VaultKeyError.
        """
        try:
            source = self._stack.enter_context(self._path.open("rb"))
        except OSError as error:
            raise FileUnwritableError(f"{self._path} cannot be read ({error.strerror}).") from None
        self._chunks = read_stream(source, self._ring)
        try:
            length = int.from_bytes(self._take(_LENGTH_BYTES), "big")
            self.manifest = Manifest.model_validate_json(self._take(length))
        except ValidationError:
            self._stack.close()
            raise StreamBrokenError(
                "The backup's manifest is not one this release reads."
            ) from None
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self._stack.close()

    def dump(self) -> Iterator[bytes]:
        """The dump; the whole file has been checked once this has come to its end."""
        if self._rest:
            yield self._rest
        yield from self._chunks

    def _take(self, length: int) -> bytes:
        while len(self._rest) < length:
            more = next(self._chunks, None)
            if more is None:
                raise StreamBrokenError("The file was cut: its manifest is not whole.")
            self._rest += more
        taken, self._rest = self._rest[:length], self._rest[length:]
        return taken


def manifest_of(file: Path, ring: KeyRing | None) -> Manifest:
    """What a backup says of itself. Raises what opening one raises."""
    with BackupFile(file, ring) as backup:
        return backup.manifest


async def verify(
    file: Path, ring: KeyRing | None, programs: Programs, progress: Progress
) -> Manifest:
    """Read a backup through: every chunk, and by pg_restore every row of every table.

    Raises StreamBrokenError, ManifestMismatchError, ProgramFailedError and what opening raises.
    """
    with BackupFile(file, ring) as backup:
        manifest = backup.manifest
        rows = await _rows_in_dump(backup, programs, progress)
    expected = {table.name: table.rows for table in manifest.tables}
    wrong = [
        f"{name} has {rows.get(name, 0)} rows instead of {expected.get(name, 0)}"
        for name in sorted(expected.keys() | rows.keys())
        if rows.get(name, 0) != expected.get(name, 0)
    ]
    if wrong:
        raise ManifestMismatchError(f"The dump differs from its manifest: {'; '.join(wrong)}.")
    return manifest


async def _rows_in_dump(
    backup: BackupFile, programs: Programs, progress: Progress
) -> dict[str, int]:
    """How many rows of each table pg_restore reads from the dump."""
    process = await asyncio.create_subprocess_exec(
        programs.restore,
        "--data-only",
        "--file=-",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=_LONGEST_LINE,
    )
    async with ended(process):
        out, complaints = _pipes(process)
        said = asyncio.create_task(complaints.read())
        feeding = asyncio.create_task(feed(process, backup))
        rows: dict[str, int] = {}
        table: str | None = None
        read = 0
        async for line in out:
            if table is None:
                if line.startswith(b"COPY "):
                    table = line.split(b" ", 2)[1].decode("utf-8").replace('"', "")
                    rows[table] = 0
            elif line == b"\\.\n":
                table = None
            else:
                rows[table] += 1
                read += 1
                if read % 1000 == 0:
                    progress("Reading it back (rows)", read, backup.manifest.rows)
        await feeding
        if await process.wait() != 0:
            raise failure_of(programs.restore, await said)
        await said
    return rows


async def feed(process: asyncio.subprocess.Process, backup: BackupFile) -> None:
    """Hand the dump to pg_restore. A program that stops reading says why itself."""
    if process.stdin is None:
        raise AssertionError("it was asked for")
    try:
        for piece in backup.dump():
            with contextlib.suppress(ConnectionError):
                process.stdin.write(piece)
                await process.stdin.drain()
    finally:
        with contextlib.suppress(ConnectionError):
            process.stdin.close()
