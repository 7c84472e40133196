"""Examinations whose images are to be read: a table of the archive's, all or none."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple, TypeVar
from uuid import UUID

from pro_service.domain.tables.cells import CellError, read_knees
from pro_service.domain.tables.days import read_day
from pro_service.services.measuring.reading.heads import rows_by_column
from pro_service.store.connection import Connection
from pro_service.store.ids import new_id
from pro_service.store.measuring import reads as store
from pro_service.store.measuring.reads import ExamRow, ExamVisit
from pro_service.tables import MOST_MISTAKES, Table, TableFileError

_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "participant": ("code", "编号", "受试者编号"),
    "visit": ("访视",),
    "knee": ("side", "膝", "侧别"),
    "exam_on": ("exam date", "scan date", "检查日期", "扫描日期"),
    "study_uid": ("study instance uid", "检查uid"),
    "scanner": ("device", "扫描仪"),
    "field_strength": ("tesla", "场强"),
}
_NEEDED: Final = ("participant", "visit", "knee", "exam_on")
_UID: Final = re.compile(r"[0-9.]{1,64}")
_VISIT: Final = re.compile(r"(?P<definition>[a-z][a-z0-9_]*)(?::(?P<occurrence>[0-9]{1,4}))?")
_STRENGTH: Final = re.compile(r"[0-9]{1,2}(?:\.[0-9]{1,3})?")

T = TypeVar("T")


class ExamsBrought(NamedTuple):
    """What a table of examinations brought."""

    new: int
    known: int
    """Of the same knee and day as one that is known."""


class _Named(NamedTuple):
    """One row as it is written."""

    row: int
    code: str
    visit: tuple[str, int]
    knee: str
    exam_on: date
    study_uid: str | None
    scanner: str | None
    field_strength: Decimal | None


async def bring_exams(
    connection: Connection, study_id: UUID, table: Table, *, actor: str
) -> ExamsBrought:
    """Keep the examinations of a table; those that are known already change nothing.

    Raises TableFileError with every row that is wrong; nothing was kept then.
    """
    rows = rows_by_column(table, _COLUMNS, _NEEDED, "it is about something else.")
    named, mistakes = [], []
    for number, cells in rows:
        try:
            named.append(_named(number, cells))
        except CellError as error:
            mistakes.append(f"row {number}: {error.message}")
    wanted = [(one.code, *one.visit) for one in named]
    found = await store.find_visits_of_exams(connection, study_id, wanted)
    exams: list[ExamRow] = []
    for place, one in enumerate(named):
        visit = found.get(place)
        wrong = _wrong(one, visit)
        if visit is None or visit.visit_id is None or wrong is not None:
            mistakes.append(f"row {one.row}: {wrong}")
            continue
        exams.append(_exam(one, visit.participant_id, visit.visit_id))
    if mistakes:
        raise TableFileError(*mistakes[:MOST_MISTAKES])
    new = await store.insert_exams(connection, study_id, actor, exams)
    return ExamsBrought(new, len(exams) - new)


def _named(row: int, cells: Mapping[str, str]) -> _Named:
    visit = _VISIT.fullmatch(cells["visit"])
    if visit is None:
        raise CellError(
            "visit: name it as the protocol does: month_6, or month_6:2 for the second."
        )
    knees = _told("knee", cells["knee"], read_knees)
    if len(knees) != 1:
        raise CellError("knee: name one; each knee is an examination of its own.")
    uid, strength = cells.get("study_uid") or None, cells.get("field_strength") or None
    if uid is not None and _UID.fullmatch(uid) is None:
        raise CellError("study_uid: is no DICOM unique identifier.")
    if strength is not None and _STRENGTH.fullmatch(strength) is None:
        raise CellError("field_strength: is no number of tesla.")
    return _Named(
        row=row,
        code=cells["participant"],
        visit=(visit["definition"], int(visit["occurrence"] or 1)),
        knee=knees[0],
        exam_on=_told("exam_on", cells["exam_on"], read_day),
        study_uid=uid,
        scanner=cells.get("scanner") or None,
        field_strength=None if strength is None else Decimal(strength),
    )


def _told(column: str, text: str, read: Callable[[str], T]) -> T:
    try:
        return read(text)
    except CellError as error:
        raise CellError(f"{column}: {error.message}") from None


def _wrong(one: _Named, visit: ExamVisit | None) -> str | None:
    """What is wrong with an examination beside the record; None: nothing."""
    if visit is None:
        return "participant: nobody in the study has this code."
    if visit.visit_id is None:
        return "visit: the participant has no such visit."
    if one.knee not in visit.treated_knees:
        return "knee: is not a treated one of the participant's."
    if one.exam_on > visit.today:
        return "exam_on: lies in the future."
    return None


def _exam(one: _Named, participant_id: UUID, visit_id: UUID) -> ExamRow:
    return ExamRow(
        id=new_id(),
        participant_id=participant_id,
        visit_id=visit_id,
        target=one.knee,
        measured_on=one.exam_on,
        scanner=one.scanner,
        field_strength=one.field_strength,
        study_uid=one.study_uid,
    )
