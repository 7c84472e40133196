"""Reads of images: exams, lists, what readers hand in, and whether all of it is locked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

from pro_service.domain.measures.reading import Given, Look
from pro_service.domain.measures.values import ReadersRule
from pro_service.store.connection import Connection, write
from pro_service.store.ids import new_id
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("measuring/reads")
Purpose = Literal["read", "adjudication"]
LockStep = Literal["locked", "unlocked"]


class ExamRow(NamedTuple):
    """An examination whose images are to be read; the fields in the statement's order."""

    id: UUID
    participant_id: UUID
    visit_id: UUID
    target: str
    measured_on: date
    scanner: str | None
    field_strength: Decimal | None
    study_uid: str | None


class ExamToRead(NamedTuple):
    """An examination that a reader has not been given yet."""

    id: UUID
    protocol_version_id: UUID
    definition: str
    """The visit's."""


class ListRow(NamedTuple):
    """A list as it is handed out; the fields in the statement's order."""

    id: UUID
    measure: str
    measure_version: str
    definition_sha256: str
    reader: str
    purpose: Purpose
    readers_rule: ReadersRule
    differs_beyond: Decimal | None
    seed: int


class HandedOut(NamedTuple):
    """A list that was handed out, and the exams it names."""

    id: UUID
    measure: str
    reader: str
    purpose: Purpose
    readers_rule: ReadersRule
    differs_beyond: Decimal | None
    exams: Sequence[UUID]


class KeyLine(NamedTuple):
    """Which exam a pseudonym is; never for a reader."""

    pseudonym: str
    sequence: int
    code: str
    target: str
    measured_on: date
    study_uid: str | None


class OwnList(NamedTuple):
    """A list of a reader who is signed in."""

    id: UUID
    measure: str
    recorded_at: datetime
    items: int


class ListGiven(NamedTuple):
    """A list as whoever hands it out sees it."""

    id: UUID
    measure: str
    reader: str
    purpose: Purpose
    recorded_at: datetime
    actor: str
    items: int
    read_items: int
    """How many of them have been read, in part at least."""


class KnownItem(NamedTuple):
    """What whoever hands reads in may know of an item of theirs."""

    sequence: int
    measure: str
    given: Mapping[tuple[str | None, str | None], tuple[Decimal | None, str | None]]
    """By region and layer: the value or the gap handed in before."""
    told: bool
    """Whether a finding was told before."""


class ReadsLock(NamedTuple):
    """The last word on whether the reads are locked; `recorded_at` is study time."""

    step: LockStep
    recorded_at: datetime
    actor: str
    reason: str
    printed_name: str | None


@dataclass(frozen=True, kw_only=True)
class ReadFileRow:
    """A file that reads came in."""

    id: UUID
    file_name: str
    file_sha256: str
    row_count: int
    reason: str
    actor: str


@dataclass(frozen=True, kw_only=True)
class ReadValueRow:
    """What a reader gave for an item at one region and layer."""

    id: UUID
    pseudonym: str
    region: str | None
    layer: str | None
    value: Decimal | None
    gap: str | None
    import_id: UUID
    source_row: int
    actor: str


@dataclass(frozen=True, kw_only=True)
class ReadFindingRow:
    """A finding that raises an alert; `id` is the alert's."""

    id: UUID
    pseudonym: str
    actor: str


@dataclass
class ReadsWrite:
    """What is handed in at once."""

    files: list[ReadFileRow] = field(default_factory=list)
    reads: list[ReadValueRow] = field(default_factory=list)
    findings: list[ReadFindingRow] = field(default_factory=list)


class Kept(NamedTuple):
    """How many reads became measurements, and how many findings alerts."""

    kept: int
    told: int


async def insert_exams(
    connection: Connection, study_id: UUID, actor: str, exams: Sequence[ExamRow]
) -> int:
    """Keep examinations; one of the same knee and day is known already. How many were new."""
    columns = [list(one) for one in zip(*exams, strict=True)] or [[] for _ in ExamRow._fields]
    new: int = await connection.fetchval(_SQL["insert_exams"], study_id, actor, *columns)
    return new


async def list_roles_of_reader(
    connection: Connection, study_id: UUID, login: str
) -> frozenset[str]:
    """The roles somebody has in the study now; none: nobody of this login works in it."""
    rows = await connection.fetch(_SQL["list_roles_of_reader"], study_id, login)
    return frozenset(row["role"] for row in rows)


async def list_known_exams(
    connection: Connection, study_id: UUID, participants: Sequence[UUID]
) -> set[tuple[UUID, str, date]]:
    """The examinations of some participants that are known: whose, which knee, which day."""
    rows = await connection.fetch(_SQL["list_known_exams"], study_id, list(participants))
    return {(row["participant_id"], row["target"], row["measured_on"]) for row in rows}


async def list_readers(connection: Connection, study_id: UUID) -> list[str]:
    """The logins of those who read images here and are nothing else."""
    rows = await connection.fetch(_SQL["list_readers"], study_id)
    return [row["login"] for row in rows]


async def list_lists_handed_out(connection: Connection, study_id: UUID) -> list[ListGiven]:
    """Every list that was handed out, the newest first."""
    rows = await connection.fetch(_SQL["list_lists_handed_out"], study_id)
    return [row_of(ListGiven, row) for row in rows]


async def list_exams_to_read(
    connection: Connection, study_id: UUID, measure: str, reader: str
) -> list[ExamToRead]:
    """The examinations that are on no list of the reader's for the measure yet."""
    rows = await connection.fetch(_SQL["list_exams_to_read"], study_id, measure, reader)
    return [row_of(ExamToRead, row) for row in rows]


async def list_given_reads(
    connection: Connection, study_id: UUID, measure: str
) -> list[tuple[Purpose, Given]]:
    """What readers gave for a measure, each with what it was given for."""
    rows = await connection.fetch(_SQL["list_given_reads"], study_id, measure)
    return [_given(row) for row in rows]


def _given(row: Mapping[str, Any]) -> tuple[Purpose, Given]:
    told = dict(row)
    purpose: Purpose = told.pop("purpose")
    return purpose, row_of(Given, told)


async def list_read_lists(connection: Connection, study_id: UUID, measure: str) -> list[HandedOut]:
    """The lists of a measure, the first one first."""
    rows = await connection.fetch(_SQL["list_read_lists"], study_id, measure)
    return [row_of(HandedOut, row) for row in rows]


async def insert_read_list(
    connection: Connection,
    study_id: UUID,
    actor: str,
    row: ListRow,
    items: Sequence[tuple[str, Look]],
) -> None:
    """Keep a list and its items, pseudonym by pseudonym in their order.

    In a transaction of the caller's. Raises DuplicateError for a pseudonym that is taken.
    """
    await write(connection, _SQL["insert_read_list"], study_id, *row, actor)
    await write(
        connection,
        _SQL["insert_read_items"],
        study_id,
        row.id,
        actor,
        [new_id() for _ in items],
        list(range(1, len(items) + 1)),
        [pseudonym for pseudonym, _ in items],
        [look.exam_id for _, look in items],
        [look.look for _, look in items],
    )


async def list_read_keys(connection: Connection, study_id: UUID, list_id: UUID) -> list[KeyLine]:
    """Which exam each pseudonym of a list is, in the list's order."""
    rows = await connection.fetch(_SQL["list_read_keys"], study_id, list_id)
    return [row_of(KeyLine, row) for row in rows]


async def list_own_lists(connection: Connection, study_id: UUID) -> list[OwnList]:
    """The lists of whoever looks at the desk, the newest first."""
    rows = await connection.fetch(_SQL["list_own_lists"], study_id)
    return [row_of(OwnList, row) for row in rows]


async def list_own_items(
    connection: Connection, study_id: UUID, list_id: UUID
) -> list[tuple[str, int]]:
    """Pseudonym and sequence of a list of whoever looks at the desk, in order."""
    rows = await connection.fetch(_SQL["list_own_items"], study_id, list_id)
    return [(row["pseudonym"], row["sequence"]) for row in rows]


async def list_known_reads(
    connection: Connection, study_id: UUID, pseudonyms: Sequence[str]
) -> dict[str, KnownItem]:
    """The items of pseudonyms on lists of whoever hands reads in, by pseudonym."""
    rows = await connection.fetch(_SQL["list_known_reads"], study_id, pseudonyms)
    return {row["pseudonym"]: _known(row) for row in rows}


async def keep_reads(connection: Connection, study_id: UUID, document: ReadsWrite) -> Kept:
    """Keep what is handed in. Raises DuplicateError where a read of it was kept meanwhile."""
    row = await write(connection, _SQL["keep_reads"], study_id, document)
    return Kept(0, 0) if row is None else row_of(Kept, row)


async def get_reads_lock(connection: Connection, study_id: UUID) -> ReadsLock | None:
    """The last word on whether the reads are locked; None: there was none."""
    row = await connection.fetchrow(_SQL["get_reads_lock"], study_id)
    return None if row is None else row_of(ReadsLock, row)


async def insert_reads_lock(
    connection: Connection,
    study_id: UUID,
    step: LockStep,
    *,
    printed_name: str | None,
    actor: str,
    reason: str,
) -> None:
    """Lock or unlock the reads from now on."""
    await connection.execute(
        _SQL["insert_reads_lock"], study_id, new_id(), step, printed_name, actor, reason
    )


def _known(row: Mapping[str, Any]) -> KnownItem:
    given = {
        (one["region"] or None, one["layer"] or None): (
            None if one["value"] is None else Decimal(one["value"]),
            one["gap"],
        )
        for one in row["given"] or ()
    }
    return KnownItem(row["sequence"], row["measure"], given, row["told"])
