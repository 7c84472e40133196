"""Files that were asked for at the desk: what was asked, how far each has come, its parts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.store.connection import Connection, transaction
from pro_service.store.ids import new_id
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("exports/jobs")


class NewExport(NamedTuple):
    """What is asked for. Neither an instant nor a cut: as it stands when the file is made."""

    tables: Sequence[str]
    formats: Sequence[str]
    as_of: datetime | None
    """Study time."""
    cut: str | None


class AskedExport(NamedTuple):
    """What was asked for under a key."""

    id: UUID
    tables: Sequence[str]
    formats: Sequence[str]
    as_of: datetime | None
    cut: str | None


class OwnExport(NamedTuple):
    """A file somebody asked for, with how far it has come."""

    id: UUID
    tables: Sequence[str]
    formats: Sequence[str]
    as_of: datetime | None
    cut: str | None
    recorded_at: datetime
    done: int
    total: int | None
    """Participants; None: nobody has begun."""
    ended: bool
    failed: str | None
    """What refused it, in the program's words."""
    file_bytes: int | None
    content_sha256: str | None
    kept: bool
    """Whether the file can be had now."""


class OwnFile(NamedTuple):
    """A file that can be had."""

    file_name: str
    file_bytes: int
    content_sha256: str
    sites: Sequence[str]
    """Codes of the sites whose participants are in it."""
    tables: Sequence[str]
    formats: Sequence[str]
    restricted_since: bool
    """Whether somebody was restricted after it was asked for, and is so now."""


class ClaimedExport(NamedTuple):
    """A file to be made by whoever holds the lease."""

    study_id: UUID
    id: UUID
    tables: Sequence[str]
    formats: Sequence[str]
    as_of: datetime | None
    cut: str | None
    actor: str
    """Who asked, as the record names them."""


class MadeFile(NamedTuple):
    """A file as it is kept."""

    name: str
    size: int
    content_sha256: str
    sites: Sequence[str]


async def insert_export_job(
    connection: Connection, study_id: UUID, asked: NewExport, key: str | None = None
) -> UUID | None:
    """Keep what whoever this transaction is of asks for, and let a worker make it.

    None: they asked for something under this key before.
    """
    job_id: UUID | None = await connection.fetchval(
        _SQL["insert_export_job"], study_id, new_id(), *asked, key
    )
    if job_id is not None:
        await connection.execute(_SQL["insert_export_making"], study_id, job_id)
    return job_id


async def find_asked_export(connection: Connection, study_id: UUID, key: str) -> AskedExport | None:
    """What whoever this transaction is of asked for under a key."""
    row = await connection.fetchrow(_SQL["find_asked_export"], study_id, key)
    return None if row is None else row_of(AskedExport, row)


async def list_own_exports(
    connection: Connection, study_id: UUID, kept: timedelta, most: int
) -> list[OwnExport]:
    """What whoever this transaction is of asked for, the newest first."""
    rows = await connection.fetch(_SQL["list_own_exports"], study_id, kept, most, None)
    return [row_of(OwnExport, row) for row in rows]


async def find_own_export(
    connection: Connection, study_id: UUID, job_id: UUID, kept: timedelta
) -> OwnExport | None:
    """How far one of them has come; None for one that is not theirs."""
    row = await connection.fetchrow(_SQL["list_own_exports"], study_id, kept, 1, job_id)
    return None if row is None else row_of(OwnExport, row)


async def find_own_file(
    connection: Connection, study_id: UUID, job_id: UUID, kept: timedelta
) -> OwnFile | None:
    """A file of whoever this transaction is of, while it is kept."""
    row = await connection.fetchrow(_SQL["find_own_file"], study_id, job_id, kept)
    return None if row is None else row_of(OwnFile, row)


async def get_export_part(
    connection: Connection, study_id: UUID, job_id: UUID, part: int
) -> bytes | None:
    """One part of a file, from 0 on; None after the last."""
    found: bytes | None = await connection.fetchval(_SQL["get_export_part"], study_id, job_id, part)
    return found


async def claim_export(
    connection: Connection, lease: timedelta, most_tries: int
) -> ClaimedExport | None:
    """Lease the next file to make; None where there is none."""
    row = await connection.fetchrow(_SQL["claim_export"], lease, most_tries)
    return None if row is None else row_of(ClaimedExport, row)


async def is_program(connection: Connection, study_id: UUID, staff_id: UUID) -> bool:
    """Whether a member of the study is a program, and no person."""
    found: bool = await connection.fetchval(_SQL["is_program"], study_id, staff_id)
    return found


async def report_export(
    connection: Connection, job: ClaimedExport, far: tuple[int, int | None], lease: timedelta
) -> None:
    """Say how many participants of how many are done, and hold the lease."""
    await connection.execute(_SQL["report_export"], job.study_id, job.id, *far, lease)


async def release_export(connection: Connection, job: ClaimedExport) -> None:
    """Leave a file to whoever takes it next, as if it had not been tried."""
    await connection.execute(_SQL["release_export"], job.study_id, job.id)


async def fail_export(connection: Connection, job: ClaimedExport, failed: str) -> None:
    """End a file that cannot be made, and say why."""
    await connection.execute(_SQL["fail_export"], job.study_id, job.id, failed)


async def end_lost_exports(connection: Connection, most_tries: int, failed: str) -> None:
    """End what was tried in vain so often, by processes that went."""
    await connection.execute(_SQL["end_lost_exports"], most_tries, failed)


async def keep_export_file(
    connection: Connection, job: ClaimedExport, made: MadeFile, parts: Iterable[bytes]
) -> bool:
    """Keep a file with all its parts; False, and nothing, where somebody else was quicker."""
    async with transaction(connection) as lent:
        finished = await lent.fetchval(_SQL["finish_export"], job.study_id, job.id, *made)
        if finished is None:
            return False
        for number, content in enumerate(parts):
            await lent.execute(_SQL["insert_export_part"], job.study_id, job.id, number, content)
    return True


async def delete_old_parts(connection: Connection, kept: timedelta) -> None:
    """Let go of files that were kept long enough."""
    await connection.execute(_SQL["delete_old_parts"], kept)
