"""An export as CSV by two processes: the second makes the rows of the later participants.

Of an export's time nearly all is Python's, which one process does on one core. The second sees the
first one's snapshot, so that both read the same moment, and writes files of its own, which the
first sets behind its own when both are done: nobody waits for the other meanwhile, and the bytes
are those of one process. What it needs goes to it through a pipe, never over a command line.
"""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import shutil
import signal
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Final
from uuid import UUID

import asyncpg

from pro_service.domain.errors import ProServiceError
from pro_service.services.base.context import ServiceContext
from pro_service.services.exports.columns import EVERY_TABLE
from pro_service.services.exports.files import Tables
from pro_service.services.exports.formats import CsvWriter
from pro_service.services.exports.merging import Merging, Place, take_snapshot
from pro_service.services.exports.rows import Snapshot
from pro_service.store.exports import export as store
from pro_service.store.study.studies import StudyRow

FOLDER: Final = "later-half"
"""Inside the folder that is being written, and gone from it before anybody finds it."""
_TURNS: Final = 4
"""Turns of the loop between two participants."""
_SELDOM: Final = 20_000
"""Records made between two collections."""
_MEANWHILE: Final = 60
"""Whose rows the first has made while the second loads, at most."""
FEWEST: Final = 200
"""Of fewer participants one process has made all rows while a second is still starting."""


async def write_participants(
    merging: Merging, written: Tables, told: Callable[[int], None]
) -> None:
    """Write the rows of all whose turn it is; `told` hears after each how many are done."""
    for number, participant_id in enumerate(merging.participant_ids, start=1):
        for name, rows in await merging.rows_of(participant_id):
            written.add(name, rows)
        told(number)
        # In a server others are served between two participants, and the database is told at once
        # what is next: to hear the end of one piece and to ask for another takes a few turns.
        for _ in range(_TURNS):
            await asyncio.sleep(0)


def collect_seldom() -> None:
    """For a process that exports and ends: what is loaded stays to the end and need not be looked
    at again, and rows make no circles, so collecting finds nothing.
    """
    gc.freeze()
    gc.set_threshold(_SELDOM)


class LaterHalfError(ProServiceError):
    """The second process of an export ended before its half was written."""


@dataclass(frozen=True)
class Second:
    """How a second process comes to what the first has: both are carried to it."""

    connect: Callable[[], Awaitable[asyncpg.Connection[asyncpg.Record]]]
    """To the same database, with the same role, as the same actor."""
    context: Callable[[], ServiceContext]


@dataclass(frozen=True, kw_only=True)
class Half:
    """What the second process makes, and where."""

    second: Second
    study: StudyRow
    seen: str
    """The first process's snapshot, as the database names it."""
    kind: str
    as_of: datetime
    sites: Collection[str] | None
    tables: Collection[str]
    without_restricted: bool
    folder: Path


async def half_of(
    second: Second, place: Place, study: StudyRow, snapshot: Snapshot, folder: Path
) -> Half | None:
    """What a second process makes; None where the study is too small for one to be worth it."""
    known = await store.list_participants_to_export(place.connection, study.id, snapshot.as_of)
    if len(known) < FEWEST:
        return None
    return Half(
        second=second,
        study=study,
        seen=await store.show_snapshot(place.connection),
        kind=snapshot.database,
        as_of=snapshot.as_of,
        sites=place.sites,
        tables=place.tables,
        without_restricted=place.without_restricted,
        folder=folder / FOLDER,
    )


class Later:
    """A second process at work."""

    def __init__(self, half: Half) -> None:
        """Start it: anew, as a fork would share the first one's connection and threads."""
        method = multiprocessing.get_context("spawn")
        self._folder = half.folder
        self._told, tells = method.Pipe(duplex=False)
        self._process = method.Process(target=_work, args=(half, tells), daemon=True)
        half.folder.mkdir(mode=0o700)
        self._process.start()
        tells.close()
        self._done = 0
        self._counts: dict[str, int] | None = None

    def done(self) -> int:
        """Whose rows it has made, as far as it has told."""
        while self._counts is None and self._told.poll():
            self._hear()
        return self._done

    async def add_to(self, written: Tables, told: Callable[[int], None]) -> None:
        """Wait until it is done, and set its rows behind those that are written.

        `told` hears meanwhile how many it has done. Raises LaterHalfError, as `done` does.
        """
        while self._counts is None:
            await asyncio.to_thread(self._hear)
            told(self._done)
        written.append(self._folder, self._counts)
        shutil.rmtree(self._folder)

    def end(self) -> None:
        """Leave no process behind, whatever happened."""
        self._process.kill()
        self._process.join()
        self._process.close()
        self._told.close()

    def _hear(self) -> None:
        try:
            told: int | dict[str, int] | str = self._told.recv()
        except EOFError:
            told = "it was ended"
        if isinstance(told, str):
            raise LaterHalfError(
                f"The second process of the export did not write its half ({told}).",
                mend="Nothing was written; try again.",
            )
        if isinstance(told, int):
            self._done = told
        else:
            self._counts = told


@contextmanager
def later_half(half: Half | None) -> Iterator[Later | None]:
    """A second process at work on its half, which ends with the block; None: there is none."""
    if half is None:
        yield None
        return
    later = Later(half)
    try:
        yield later
    finally:
        later.end()


def earlier(participant_ids: Sequence[UUID]) -> Sequence[UUID]:
    """Whose rows the first process makes."""
    return participant_ids[: _middle(participant_ids)]


def _later(participant_ids: Sequence[UUID]) -> Sequence[UUID]:
    return participant_ids[_middle(participant_ids) :]


def _middle(participant_ids: Sequence[UUID]) -> int:
    """A little after the middle: the second begins late, as it loads what the first has loaded."""
    known = len(participant_ids)
    return known // 2 + min(known // 20, _MEANWHILE)


def _work(half: Half, tells: Pipe) -> None:
    """The second process: tells how far it is, then its counts, or why there are none."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # The first ends it.
    try:
        tells.send(asyncio.run(_write(half, tells)))
    except Exception as error:
        tells.send(type(error).__name__)


async def _write(half: Half, tells: Pipe) -> dict[str, int]:
    context = half.second.context()
    connection = await half.second.connect()
    collect_seldom()

    def told(done: int) -> None:
        _demand_first()
        tells.send(done)

    try:
        async with store.one_snapshot(connection, seen=half.seen):
            snapshot, _ = await take_snapshot(
                connection, context, half.study, half.kind, half.as_of
            )
            place = Place(
                connection, half.study.id, half.sites, half.tables, half.without_restricted
            )
            tables = [one for name, one in EVERY_TABLE.items() if name in half.tables]
            written = Tables(half.folder, {}, tables, (CsvWriter(),))
            async with Merging.begin(place, context, snapshot, _later) as merging:
                await write_participants(merging, written, told)
            written.close()
    finally:
        await connection.close()
    return written.counts


def _demand_first() -> None:
    """Nobody would read what is written once the first process is gone."""
    first = multiprocessing.parent_process()
    if first is not None and not first.is_alive():
        raise SystemExit(1)
