"""Restoring a backup into an empty database: all of it, compared row by row, or nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg

from pro_service.domain.errors import ProServiceError
from pro_service.services.base.key_check import demand_fitting_keys
from pro_service.services.keeping.backup import (
    OWNER,
    BackupFile,
    Place,
    ended,
    feed,
    manifest_of,
    verify,
)
from pro_service.services.keeping.manifest import Manifest, Progress, compare
from pro_service.services.keeping.programs import (
    Programs,
    connection_of,
    failure_of,
    find_programs,
)
from pro_service.store.connection import transaction
from pro_service.store.keeping import holds, restores
from pro_service.store.migrations import (
    RESTORING,
    NewerSchemaError,
    begin_restoring,
    finish_restoring,
    migrate,
    read_migrations,
    undo_restoring,
)
from pro_service.store.pools import connect
from pro_service.vault.keys import KeyRing
from pro_service.vault.vault import Vault


class NotEmptyError(ProServiceError):
    """The database is not empty; nothing was touched."""


class OldServerError(ProServiceError):
    """The backup comes from a newer PostgreSQL than this one."""


async def restore_backup(
    place: Place, file: Path, ring: KeyRing | None, vault: Vault, progress: Progress
) -> Manifest:
    """Put a backup into an empty database and hold sending there.

    The file is read through first; a failure later leaves the database empty again, and one that
    is cut off leaves it marked, so that nothing serves it. Raises NotEmptyError, OldServerError,
    NewerSchemaError, ManifestMismatchError, KeysDoNotFitError, ProgramsError, ProgramFailedError
    and what opening a backup raises.
    """
    manifest = manifest_of(file, ring)
    connection = await connect(place.url, role=None, actor=place.actor)
    try:
        programs = await _check_target(connection, place, manifest)
        await verify(file, ring, programs, progress)
        await begin_restoring(connection)
        try:
            await _pour(place, file, ring, programs, progress)
            await _compare(place, manifest, progress)
            await migrate(connection)
            if "simulator" in manifest.schemas:
                await migrate(connection, series="simulator")
            await _finish(place, manifest, vault)
        except BaseException:
            await asyncio.shield(_undo(place, manifest))
            raise
    finally:
        await connection.close()
    return manifest


async def _check_target(
    connection: asyncpg.Connection, place: Place, manifest: Manifest
) -> Programs:
    found = await restores.list_strange_objects(connection)
    if RESTORING in found:
        raise NotEmptyError(
            "A restore into this database was begun and not finished.",
            mend="Make the database anew, empty, and restore into that.",
        )
    if found:
        raise NotEmptyError(
            f"The database is not empty (it has {', '.join(found)}); nothing was touched.",
            mend="Make a new, empty database and restore into that.",
        )
    major = await restores.get_server_major(connection)
    if major < manifest.server_major:
        raise OldServerError(
            f"The backup comes from PostgreSQL {manifest.server_major}, and this is {major}.",
            mend=f"Restore into PostgreSQL {manifest.server_major} or newer.",
        )
    known = {
        f"{series}/{one.name}"
        for series in ("migrations", "simulator")
        for one in read_migrations(series)
    }
    newer = [name for name in manifest.migrations if name not in known]
    if newer:
        raise NewerSchemaError(
            f"The backup has the migration {newer[0]}, which this release does not know.",
            mend=f"Restore with release {manifest.release} or a newer one.",
        )
    return await find_programs(max(major, manifest.dump_major), place.folders)


async def _pour(
    place: Place, file: Path, ring: KeyRing | None, programs: Programs, progress: Progress
) -> None:
    """Let pg_restore put the dump in, as the owner, in one transaction."""
    progress("Putting the dump in", 0, 0)
    url, environment = connection_of(place.url)
    process = await asyncio.create_subprocess_exec(
        programs.restore,
        "--single-transaction",
        "--exit-on-error",
        "--no-owner",
        "--no-password",
        f"--role={OWNER}",
        f"--dbname={url}",
        env=environment,
        stdin=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with ended(process):
        if process.stderr is None:
            raise AssertionError("it was asked for")
        said = asyncio.create_task(process.stderr.read())
        with BackupFile(file, ring) as backup:
            await feed(process, backup)
        if await process.wait() != 0:
            raise failure_of(programs.restore, await said)
        await said


async def _compare(place: Place, manifest: Manifest, progress: Progress) -> None:
    """Compare every table with the manifest, then begin to seal anew before the first write."""
    owner = await connect(place.url, role=OWNER, actor=place.actor)
    try:
        await compare(owner, manifest, progress)
        await restores.begin_audit_generation(owner, _why(manifest))
    finally:
        await owner.close()


async def _finish(place: Place, manifest: Manifest, vault: Vault) -> None:
    """Try the keys; then, in one transaction, hold sending and drop the mark."""
    owner = await connect(place.url, role=OWNER, actor=place.actor)
    try:
        await demand_fitting_keys(owner, vault)
        async with transaction(owner):
            await holds.insert_hold(owner, _why(manifest), manifest.made_at, place.actor)
            await holds.accept_timeline(owner, _why(manifest), place.actor)
            await finish_restoring(owner)
    finally:
        await owner.close()


def _why(manifest: Manifest) -> str:
    return f"restored from the backup of {manifest.made_at:%Y-%m-%d %H:%M:%S} UTC"


async def _undo(place: Place, manifest: Manifest) -> None:
    owner = await connect(place.url, role=OWNER, actor=place.actor)
    try:
        await undo_restoring(owner, manifest.schemas)
    finally:
        await owner.close()
