"""Values of measures as they are written: turns of many at once, and rows by the thousand.

All of it runs in one transaction of the caller's, as a clerk at the desk or an operator's command.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.store.connection import Connection, StaleRevisionError
from pro_service.store.notes import NoteRow
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("measuring/keeping")


class MeasuredPerson(NamedTuple):
    """A participant that is seen; `site_id` is None where they are at no site of ours now."""

    participant_id: UUID
    code: str
    site_id: UUID | None
    restricted: bool


class ImportRow(NamedTuple):
    """A file that brought values."""

    id: UUID
    file_name: str
    file_sha256: str
    row_count: int
    reason: str


class MeasurementRow(NamedTuple):
    """One revision of a value; the fields are the statement's parameters in their order."""

    id: UUID
    thing_id: UUID
    revision: int
    participant_id: UUID
    visit_id: UUID | None
    measure: str
    measure_version: str
    definition_sha256: str
    target: str
    measured_on: date
    region: str | None
    layer: str | None
    value: Decimal | None
    gap: str | None
    reader: str | None
    read_number: int
    scanner: str | None
    field_strength: Decimal | None
    study_uid: str | None
    source_row: int | None
    struck: bool
    reason: str | None
    """`note:<id>`: why it is out of range, or was corrected."""


async def list_measured_people(
    connection: Connection, study_id: UUID, codes: Collection[str]
) -> dict[str, MeasuredPerson]:
    """The participants of some codes that are seen from here, by code."""
    rows = await connection.fetch(_SQL["list_measured_people"], study_id, list(codes))
    return {row["code"]: row_of(MeasuredPerson, row) for row in rows}


async def list_locked_for_measures(
    connection: Connection, study_id: UUID, participants: Collection[UUID]
) -> frozenset[UUID]:
    """The visits of some participants that are locked now."""
    rows = await connection.fetch(_SQL["list_locked_for_measures"], study_id, list(participants))
    return frozenset(row["visit_id"] for row in rows)


async def take_turns_as_read(
    connection: Connection, study_id: UUID, revisions: Mapping[UUID, int]
) -> None:
    """Take the turns of participants, each at the revision it was read at.

    Raises StaleRevisionError where somebody was quicker with one of them.
    """
    people, read = list(revisions), [revisions[one] for one in revisions]
    taken = await connection.fetchval(_SQL["take_turns_as_read"], study_id, people, read)
    if taken != len(people):
        raise StaleRevisionError


async def insert_measure_import(
    connection: Connection, study_id: UUID, row: ImportRow, actor: str
) -> None:
    """Keep that a file was brought in."""
    await connection.execute(_SQL["insert_measure_import"], study_id, *row, actor)


async def insert_measure_notes(
    connection: Connection, study_id: UUID, notes: Sequence[tuple[UUID, NoteRow]], actor: str
) -> None:
    """Keep sealed words, each about a participant."""
    columns = (
        [note.id for _, note in notes],
        [person for person, _ in notes],
        [note.words_sealed for _, note in notes],
        [note.words_key for _, note in notes],
    )
    await connection.execute(_SQL["insert_measure_notes"], study_id, *columns, actor)


async def insert_measurements(
    connection: Connection,
    study_id: UUID,
    rows: Sequence[MeasurementRow],
    *,
    actor: str,
    import_id: UUID | None = None,
) -> None:
    """Keep revisions of values; the turns of whom they are about must be taken."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    await connection.execute(_SQL["insert_measurements"], study_id, actor, import_id, *columns)
