"""The whole export: one snapshot of the database, as it stood at one instant of study time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

import asyncpg

from pro_service.domain.errors import ProServiceError
from pro_service.services.base.context import ServiceContext
from pro_service.services.exports.beside import demand_apart
from pro_service.services.exports.columns import EVERY_TABLE, FREE_TEXT, TABLES, Table
from pro_service.services.exports.cuts import find_cut
from pro_service.services.exports.files import Tables, new_export
from pro_service.services.exports.formats import CsvWriter, Writer
from pro_service.services.exports.free_text import demand_free_text
from pro_service.services.exports.halves import (
    Half,
    Second,
    earlier,
    half_of,
    later_half,
    write_participants,
)
from pro_service.services.exports.instants import settle
from pro_service.services.exports.merging import Merging, Place, Share, everybody, take_snapshot
from pro_service.services.exports.naming import PLAN_FILE, plan_cells, rule_cells
from pro_service.services.exports.rows import Snapshot, codebook_rows, instrument_rows
from pro_service.store.base import operations
from pro_service.store.base.data_out import TakenOut, insert_data_out
from pro_service.store.exports import export as store
from pro_service.store.study.studies import StudyRow

RESTRICTED_LEFT_OUT: Final = (
    "left out: of participants who are restricted nothing goes to a program"
)
"""What the manifest of a program's export says."""


class TableNameError(ProServiceError):
    """There is no such table."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What of an export is asked for: by default every table of every site, as CSV."""

    tables: frozenset[str] = frozenset(TABLES)
    """Names of the registry. Whoever asks has made sure that they may have them."""
    sites: frozenset[str] | None = None
    """Codes of the sites whose participants are in it, by the site at the instant; None: all."""
    for_program: bool = False
    """Whether a program takes it: of whoever is restricted now nothing is in it (R17)."""
    formats: tuple[str, ...] = ("csv",)
    """The names of the formats, as the record keeps them."""
    writers: Callable[[], tuple[Writer, ...]] = field(default=lambda: (CsvWriter(),))
    """The formats, each made anew for the export."""

    def in_order(self) -> tuple[Table, ...]:
        """The tables, in the registry's order. Raises TableNameError."""
        unknown = sorted(self.tables - EVERY_TABLE.keys())
        if unknown:
            raise TableNameError(
                f"There is no table {unknown[0]}.", mend=f"Known: {', '.join(TABLES)}."
            )
        return tuple(table for name, table in EVERY_TABLE.items() if name in self.tables)

    def narrowed_by(self, cut: str | None, as_of: datetime | None) -> str:
        """What is left out, or asked for apart, as the record keeps it."""
        found = [] if cut is None else [f"cut={cut}"]
        if self.tables - {FREE_TEXT} != frozenset(TABLES):
            found.append(f"tables={','.join(sorted(self.tables))}")
        if FREE_TEXT in self.tables:
            found.append("free_text=yes")
        if self.sites is not None:
            found.append(f"sites={','.join(sorted(self.sites))}")
        if self.for_program:
            found.append("restricted=left_out")
        if as_of is not None:
            found.append(f"as_of={as_of.astimezone(UTC).isoformat()}")
        return "&".join(found)

    def left_out(self) -> dict[str, object]:
        """What the manifest says of whom the export leaves out."""
        return {"restricted": RESTRICTED_LEFT_OUT} if self.for_program else {}


EVERYTHING = Wanted()
Keep = Callable[[TakenOut], Awaitable[None]]
"""Keeps in the record that an export leaves."""


async def export(
    connection: asyncpg.Connection[asyncpg.Record],
    context: ServiceContext,
    study: StudyRow,
    folder: Path,
    *,
    as_of: datetime | None = None,
    cut: str | None = None,
    wanted: Wanted = EVERYTHING,
    told: Callable[[int, int], None] = lambda done, of: None,
    keep: Keep | None = None,
    ahead: asyncpg.Connection[asyncpg.Record] | None = None,
    second: Second | None = None,
) -> dict[str, int]:
    """Write a study's tables into `folder`; returns the rows of each.

    `as_of` None is now. Answers, scores, events, statuses and schedules are those of that instant,
    always; of a data cut (`cut` is its name), every byte. `keep` is how the record learns of it
    where `connection` only reads, `ahead` the server whose copy that is; `second` lets a second
    process make half the rows of a large study. Raises AsOfError, CutError, CopyBehindError,
    TableNameError, ReadsOpenError, FreeTextError, ExportFolderError, LaterHalfError, what `told`
    does.
    """
    newest = ahead or connection  # A copy may not have yet what was written a moment ago.
    as_of = as_of if cut is None else (await find_cut(newest, study.id, cut)).cut_at
    tables = wanted.in_order()
    await demand_free_text(newest, context, study.id, wanted.tables)
    at = await settle(connection, as_of, ahead=ahead)
    with ExitStack() as stack:
        async with store.one_snapshot(connection):
            now = await operations.get_study_time(connection)
            kind = await operations.get_database_kind(connection) or "undeclared"
            if kind == "production":  # Of a demonstration or a validation nobody is blinded.
                await demand_apart(connection, context, study.id, wanted.tables, at)
            snapshot, plan = await take_snapshot(connection, context, study, kind, at)
            about = _about(context, snapshot, now, cut) | plan_cells(plan) | wanted.left_out()
            written = stack.enter_context(new_export(folder, about, tables, wanted.writers()))
            place = Place(connection, study.id, wanted.sites, wanted.tables, wanted.for_program)
            half = None
            if second is not None and wanted.formats == ("csv",):
                half = await half_of(second, place, study, snapshot, written.folder)
            begin = partial(Merging.begin, place, context, snapshot)
            await _everybody(begin, half, written, told)
        written.add("instruments", instrument_rows(context.catalogue.neutral_instruments.values()))
        written.add("codebook", codebook_rows(tables))
        extra = {} if plan is None else {PLAN_FILE: plan.source}
        # Some formats are written only here, which takes seconds: a server goes on meanwhile.
        sha256 = await asyncio.to_thread(written.finish, extra)
        # The folder appears once the record says who takes it out.
        taken = TakenOut(
            "export",
            wanted.narrowed_by(cut, None if as_of is None else at),
            sum(written.counts.values()),
            tables=list(written.counts),
            as_of=at,
            content_sha256=sha256,
            formats=wanted.formats,
        )
        await (insert_data_out(connection, study.id, taken) if keep is None else keep(taken))
    return written.counts


async def _everybody(
    begin: Callable[[Share], AbstractAsyncContextManager[Merging]],
    half: Half | None,
    written: Tables,
    told: Callable[[int, int], None],
) -> None:
    """The rows of all participants: made here, but for those of a second process."""
    with later_half(half) as later:
        async with begin(everybody if later is None else earlier) as merging:
            here, of = len(merging.participant_ids), merging.of_all
            await write_participants(
                merging, written, lambda n: told(n + (0 if later is None else later.done()), of)
            )
        if later is not None:
            await later.add_to(written, lambda n: told(here + n, of))


def _about(
    context: ServiceContext, snapshot: Snapshot, now: datetime, cut: str | None
) -> dict[str, object]:
    """What the manifest says; of a cut nothing that differs from one making to the next."""
    return {
        "study": snapshot.study,
        "database": snapshot.database,
        "data_cut": cut,
        "as_of": snapshot.as_of.astimezone(UTC).isoformat(),
        "exported_at_study_time": None if cut is not None else now.astimezone(UTC).isoformat(),
        "release": context.release,
    } | rule_cells(snapshot.rules)
