"""What a reader hands in: reads become measurements, findings alerts; of reads all or none (R19).

A read stands once it is handed in: the same file again changes nothing, and another value for it is
refused. A finding that is a matter of safety is told at once, whatever else is wrong with the file,
and whatever is locked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, Literal
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.measures.model import Measure
from pro_service.domain.measures.read_file import (
    ALLOWED,
    NEEDED,
    Read,
    misfit,
    read_row,
    tells_finding,
)
from pro_service.domain.tables.cells import CellError
from pro_service.services.measuring.reading.heads import rows_by_column
from pro_service.store.connection import Connection, DuplicateError
from pro_service.store.ids import new_id
from pro_service.store.measuring import reads as store
from pro_service.store.measuring.reads import (
    KnownItem,
    ReadFileRow,
    ReadFindingRow,
    ReadsWrite,
    ReadValueRow,
)
from pro_service.tables import MOST_MISTAKES, Table, TableFileError

_WHY: Final = "a file of reads holds nothing by which images could be told."
_REASON: Final = "reads"
_MOST_TRIES: Final = 3


class ReadsFileError(TableFileError):
    """Rows of a file of reads cannot be taken; none of them was."""

    def __init__(self, *mistakes: str, told: int) -> None:
        """Keep how many findings were told all the same."""
        super().__init__(*mistakes)
        self.told = told


class ReadsLockedError(ProServiceError):
    """The reads are locked: no value was taken."""

    def __init__(self, told: int) -> None:
        """Keep how many findings were told all the same."""
        super().__init__(mend="Findings were told to the investigators." if told else None)
        self.told = told


@dataclass(frozen=True)
class HandIn:
    """A file that is handed in, and by whom."""

    name: str
    content: bytes = field(repr=False)
    table: Table = field(repr=False)
    actor: str


@dataclass(frozen=True)
class Taken:
    """What a file brings, or brought."""

    new: int
    same: int
    """Handed in before with the same value."""
    told: int
    """Findings that were not told before."""


@dataclass
class _Judged:
    """A file's rows beside what is known of their items."""

    new: list[Read] = field(default_factory=list)
    same: int = 0
    findings: list[str] = field(default_factory=list)
    """Pseudonyms whose finding was not told before."""
    mistakes: list[str] = field(default_factory=list)


async def look_at_reads(
    connection: Connection, measures: Mapping[str, Measure], study_id: UUID, handed: HandIn
) -> Taken:
    """What a file would bring; nothing is kept, and no finding told.

    Raises TableFileError, ReadsFileError, ReadsLockedError.
    """
    judged = await _judge(connection, measures, study_id, handed)
    if judged.mistakes:
        raise ReadsFileError(*judged.mistakes[:MOST_MISTAKES], told=0)
    lock = await store.get_reads_lock(connection, study_id)
    if judged.new and lock is not None and lock.step == "locked":
        raise ReadsLockedError(0)
    return Taken(len(judged.new), judged.same, len(judged.findings))


async def take_reads(
    begin: Callable[[], AbstractAsyncContextManager[Connection]],
    measures: Mapping[str, Measure],
    study_id: UUID,
    handed: HandIn,
) -> Taken:
    """Keep a file's reads, all or none, and tell its findings.

    `begin` is a transaction of whoever hands in; it ends before anything is refused, so that what
    was told stays told. Raises TableFileError for what is no file of reads; ReadsFileError and
    ReadsLockedError, which say what was told all the same.
    """
    for _ in range(_MOST_TRIES):
        try:
            async with begin() as connection:
                judged = await _judge(connection, measures, study_id, handed)
                reads = [] if judged.mistakes else judged.new
                document = _document(handed, reads, judged.findings)
                kept = await store.keep_reads(connection, study_id, document)
        except DuplicateError:
            continue  # A read of it was kept meanwhile; the next look shows it.
        if judged.mistakes:
            raise ReadsFileError(*judged.mistakes[:MOST_MISTAKES], told=kept.told)
        if kept.kept != len(reads):
            raise ReadsLockedError(kept.told)
        return Taken(len(reads), judged.same, kept.told)
    raise DuplicateError(None)


async def _judge(
    connection: Connection, measures: Mapping[str, Measure], study_id: UUID, handed: HandIn
) -> _Judged:
    columns: dict[str, Sequence[str]] = dict.fromkeys(ALLOWED, ())
    rows = rows_by_column(handed.table, columns, NEEDED, _WHY)
    pseudonyms = {cells["pseudonym"].upper() for _, cells in rows}
    known = await store.list_known_reads(connection, study_id, sorted(pseudonyms))
    judged, seen = _Judged(), set[tuple[str, str | None, str | None]]()
    for number, cells in rows:
        pseudonym = cells["pseudonym"].upper()
        try:
            if tells_finding(cells) and pseudonym in known and not known[pseudonym].told:
                judged.findings.append(pseudonym)
            read = read_row(number, cells)
            if read.spot in seen:
                raise CellError("is the second one of this pseudonym, region and layer.")
            seen.add(read.spot)
            if _fate(read, known.get(pseudonym), measures) == "new":
                judged.new.append(read)
            else:
                judged.same += 1
        except CellError as error:
            judged.mistakes.append(f"row {number}: {error.message}")
    judged.findings = list(dict.fromkeys(judged.findings))
    return judged


def _fate(
    read: Read, item: KnownItem | None, measures: Mapping[str, Measure]
) -> Literal["new", "same"]:
    """What a row is beside what is known of its item. Raises CellError for what it cannot be."""
    if item is None:
        raise CellError("pseudonym: stands on no list of this reader's.")
    if item.sequence != read.sequence:
        raise CellError("sequence: is another one's of the list.")
    measure = measures.get(item.measure)
    wrong = f"{item.measure} is no known measure." if measure is None else misfit(read, measure)
    if wrong is not None:
        raise CellError(wrong)
    given = item.given.get((read.region, read.layer))
    if given is None:
        return "new"
    if given != (read.value, read.gap):
        raise CellError("was handed in before with another value, which stands.")
    return "same"


def _document(handed: HandIn, reads: Sequence[Read], findings: Sequence[str]) -> ReadsWrite:
    file_id, actor = new_id(), handed.actor
    document = ReadsWrite(
        files=[
            ReadFileRow(
                id=file_id,
                file_name=handed.name,
                file_sha256=sha256(handed.content).hexdigest(),
                row_count=len(handed.table.rows),
                reason=_REASON,
                actor=actor,
            )
        ]
    )
    document.reads += [
        ReadValueRow(
            id=new_id(),
            pseudonym=read.pseudonym,
            region=read.region,
            layer=read.layer,
            value=read.value,
            gap=read.gap,
            import_id=file_id,
            source_row=read.row,
            actor=actor,
        )
        for read in reads
    ]
    document.findings += [
        ReadFindingRow(id=new_id(), pseudonym=pseudonym, actor=actor) for pseudonym in findings
    ]
    return document
