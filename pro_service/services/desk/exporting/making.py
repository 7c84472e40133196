"""A worker makes the files that were asked for at the desk, one at a time, as who asked may see.

All is read through a connection that only reads; what may leave is asked anew under the roles that
are held now, and that it leaves is written as whoever asked.
"""

from __future__ import annotations

import asyncio
import logging
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

import asyncpg

from pro_service.domain.errors import ProServiceError
from pro_service.services.base.actors import staff_login
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.files import open_private_bytes
from pro_service.services.desk.copying import find_place_of_staff
from pro_service.services.desk.exporting.allowed import read_allowed
from pro_service.services.desk.exporting.asking import KEPT, ExportWish, demand_allowed
from pro_service.services.desk.seat import Place, at_desk
from pro_service.services.exports import Wanted, choose_formats, export, is_copy_of
from pro_service.store.base.data_out import TakenOut, insert_data_out
from pro_service.store.connection import Connection
from pro_service.store.exports import jobs as store
from pro_service.store.exports.jobs import ClaimedExport, MadeFile
from pro_service.store.study.studies import StudyRow, list_studies

LEASE: Final = timedelta(minutes=2)
"""So long (machine time) a file is nobody else's to make; held anew while it is worked on."""
MOST_TRIES: Final = 3
PART: Final = 1024 * 1024
"""Bytes of a part."""
LOST: Final = "The processes that began to make it ended before it was done."
FAILED: Final = "Something went wrong while it was made."
_REPORT_SECONDS: Final = 1.0
_OLDEST: Final = (1980, 1, 1, 0, 0, 0)
"""What a ZIP file takes for no time: the same export has the same bytes."""
log = logging.getLogger("pro_service.work")


class ExportStoppedError(ProServiceError):
    """The process stops: another one makes the file."""


@dataclass(frozen=True)
class Exporting:
    """What files are made with: connections that read everything and write nothing, and the pool
    of the desk, which knows what staff may see."""

    reading: Callable[[], AbstractAsyncContextManager[asyncpg.Connection[asyncpg.Record]]]
    desk: asyncpg.Pool
    copy: Callable[[], AbstractAsyncContextManager[asyncpg.Connection[asyncpg.Record]]] | None = (
        None
    )
    """The same from a standby, which then has the long reading."""


class _Made(NamedTuple):
    file: MadeFile
    path: Path


class _Progress:
    """How far an export is; stops it when the process does."""

    def __init__(self, go_on: Callable[[], bool]) -> None:
        self.far: tuple[int, int | None] = (0, None)
        self._go_on = go_on

    def told(self, done: int, of: int) -> None:
        """Keep how many participants are written. Raises ExportStoppedError."""
        if not self._go_on():
            raise ExportStoppedError
        self.far = (done, of)


async def make_export(
    worker: Connection,
    context: ServiceContext,
    exporting: Exporting,
    go_on: Callable[[], bool] = lambda: True,
) -> int:
    """Make the next file that was asked for, and let old ones go; returns how many were made."""
    await store.delete_old_parts(worker, KEPT)
    await store.end_lost_exports(worker, MOST_TRIES, LOST)
    job = await store.claim_export(worker, LEASE, MOST_TRIES)
    if job is None:
        return 0
    progress = _Progress(go_on)
    reporting = asyncio.create_task(_report_on(worker, job, progress))
    try:
        with TemporaryDirectory(prefix="pro-export-") as folder:  # Its owner's alone.
            made = await _make(context, exporting, job, Path(folder), progress)
            await store.report_export(worker, job, progress.far, LEASE)
            await store.keep_export_file(worker, job, made.file, _parts(made.path))
    except ExportStoppedError:
        await store.release_export(worker, job)
        return 0
    except ProServiceError as error:
        await store.fail_export(worker, job, str(error))
    except (asyncpg.PostgresError, OSError) as error:
        log.warning("export_failed", extra={"error": type(error).__name__})
        await store.fail_export(worker, job, FAILED)
    finally:
        reporting.cancel()
        with suppress(asyncio.CancelledError):
            await reporting
    return 1


async def _make(
    context: ServiceContext,
    exporting: Exporting,
    job: ClaimedExport,
    folder: Path,
    progress: _Progress,
) -> _Made:
    """The file, with every format in it. Raises ProServiceError."""
    async with AsyncExitStack() as stack:
        reading = await stack.enter_async_context(exporting.reading())
        copy = None
        if exporting.copy is not None:
            copy = await stack.enter_async_context(exporting.copy())
            if not await is_copy_of(reading, copy):
                log.warning("copy_follows_no_more")
                copy = None
        place = await find_place_of_staff(reading, job.study_id, staff_login(job.actor))
        async with at_desk(exporting.desk, place) as connection:
            allowed = await read_allowed(connection, context, place)
        demand_allowed(allowed, ExportWish(job.tables, job.formats))
        tables = frozenset(job.tables)
        neutral = context.catalogue.neutral_instruments
        wanted = Wanted(
            tables=tables,
            sites=allowed.sites,
            for_program=await store.is_program(reading, job.study_id, place.staff_id),
            formats=tuple(job.formats),
            writers=choose_formats(",".join(job.formats), tables, neutral),
        )
        study = await _study(reading, job)
        taken = _Keeping(exporting.desk, place)
        await export(
            copy or reading,
            context,
            study,
            folder / "export",
            as_of=job.as_of,
            cut=job.cut,
            wanted=wanted,
            told=progress.told,
            keep=taken.keep,
            ahead=None if copy is None else reading,
        )
    name = f"{study.code}_{_stamp(taken.as_of)}"
    path = folder / "export.zip"
    await asyncio.to_thread(_pack, folder / "export", path, name)
    size = await asyncio.to_thread(lambda: path.stat().st_size)
    sites = sorted(allowed.sites)
    return _Made(MadeFile(f"{name}.zip", size, taken.content_sha256, sites), path)


class _Keeping:
    """Keeps in the record that an export leaves, as whoever asked for it."""

    def __init__(self, desk: asyncpg.Pool, place: Place) -> None:
        self._desk, self._place = desk, place
        self.content_sha256 = ""
        self.as_of: datetime | None = None

    async def keep(self, taken: TakenOut) -> None:
        """Before the files appear."""
        async with at_desk(self._desk, self._place) as connection:
            await insert_data_out(connection, self._place.study_id, taken)
        self.content_sha256, self.as_of = taken.content_sha256 or "", taken.as_of


async def _study(reading: Connection, job: ClaimedExport) -> StudyRow:
    return next(one for one in await list_studies(reading) if one.id == job.study_id)


async def _report_on(worker: Connection, job: ClaimedExport, progress: _Progress) -> None:
    while True:
        await asyncio.sleep(_REPORT_SECONDS)
        try:
            await store.report_export(worker, job, progress.far, LEASE)
        except (ProServiceError, asyncpg.PostgresError, OSError) as error:
            # Only the bar stands still; the lease lasts for many of these.
            log.warning("export_report_failed", extra={"error": type(error).__name__})


def _stamp(at: datetime | None) -> str:
    return "now" if at is None else f"{at:%Y%m%dT%H%M%SZ}"


def _pack(folder: Path, path: Path, name: str) -> None:
    """One ZIP file of a folder's files, in a folder `name`, for whoever unpacks it alone."""
    with open_private_bytes(path) as file, zipfile.ZipFile(file, "w") as packed:
        for each in sorted(one for one in folder.rglob("*") if one.is_file()):
            entry = zipfile.ZipInfo(f"{name}/{each.relative_to(folder).as_posix()}", _OLDEST)
            entry.external_attr = 0o600 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            with each.open("rb") as source, packed.open(entry, "w", force_zip64=True) as target:
                while content := source.read(PART):
                    target.write(content)


def _parts(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while content := file.read(PART):
            yield content
