"""Examinations whose images are to be read: a table, looked at, then kept all or none."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.measures.refusals import in_english
from pro_service.domain.measures.spans import situation_of
from pro_service.domain.measures.taking import Refused, Situation, VisitSpan
from pro_service.domain.tables.cells import CellError, read_knees
from pro_service.domain.tables.days import read_day
from pro_service.services.base.context import ServiceContext
from pro_service.services.measuring.reading.heads import rows_by_column
from pro_service.store.connection import Connection
from pro_service.store.ids import new_id
from pro_service.store.measuring import reads as store
from pro_service.store.measuring.keeping import MeasuredPerson, list_measured_people
from pro_service.store.measuring.reads import ExamRow
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
BATCH: Final = 200
"""Participants whose facts are read in one statement."""
_STRENGTH: Final = re.compile(r"[0-9]{1,2}(?:\.[0-9]{1,3})?")


class ExamsBrought(NamedTuple):
    """What a table of examinations brought."""

    new: int
    known: int
    """Of the same knee and day as one that is known."""


class LookedExam(NamedTuple):
    """A row of a table of examinations: what would become of it, or why it is refused."""

    row: int
    cells: Mapping[str, str]
    days: tuple[date, date] | None
    """On which an examination is of the visit it names; None: it names none of the participant."""
    known: bool
    refused: Refused | None
    exam: ExamRow | None
    """None: it is refused."""


class _Named(NamedTuple):
    """What a row says, before anything is known of the participant."""

    visit: tuple[str, int]
    knee: str
    exam_on: date
    study_uid: str | None
    scanner: str | None
    field_strength: Decimal | None


async def look_at_exams(
    connection: Connection, context: ServiceContext, study_id: UUID, table: Table
) -> list[LookedExam]:
    """What would become of each row of a table; nothing is kept. Raises TableFileError."""
    rows = rows_by_column(table, _COLUMNS, _NEEDED, "it is about something else.")
    people = await list_measured_people(
        connection, study_id, {cells["participant"] for _, cells in rows}
    )
    ids = [one.participant_id for one in people.values()]
    situations = await _situations(connection, context, study_id, ids)
    known = await store.list_known_exams(connection, study_id, ids)
    looked, met = list[LookedExam](), dict[tuple[UUID, str, date], int]()
    for number, cells in rows:
        one = _looked(number, cells, people.get(cells["participant"]), situations)
        if one.exam is not None:
            spot = (one.exam.participant_id, one.exam.target, one.exam.measured_on)
            one = one._replace(known=spot in known)
            if spot in met:
                twice = Refused("row_twice", "exam_on", {"row": str(met[spot])})
                one = one._replace(refused=twice, exam=None)
            met.setdefault(spot, number)
        looked.append(one)
    return looked


async def bring_exams(
    connection: Connection, context: ServiceContext, study_id: UUID, table: Table, *, actor: str
) -> ExamsBrought:
    """Keep the examinations of a table; those that are known already change nothing.

    Raises TableFileError with every row that is wrong; nothing was kept then.
    """
    looked = await look_at_exams(connection, context, study_id, table)
    wrong = [one for one in looked if one.refused is not None]
    if wrong:
        raise TableFileError(*(exam_in_english(one) for one in wrong[:MOST_MISTAKES]))
    exams = [one.exam for one in looked if one.exam is not None]
    new = await store.insert_exams(connection, study_id, actor, exams)
    return ExamsBrought(new, len(exams) - new)


def exam_in_english(one: LookedExam) -> str:
    """A row that is refused, in one line for a command."""
    return f"row {one.row}: {'' if one.refused is None else in_english(one.refused)}"


async def _situations(
    connection: Connection, context: ServiceContext, study_id: UUID, ids: Sequence[UUID]
) -> dict[UUID, Situation]:
    """What of each participant decides about their examinations."""
    found: dict[UUID, Situation] = {}
    for start in range(0, len(ids), BATCH):
        named = [(study_id, one) for one in ids[start : start + BATCH]]
        many = await context.reader.facts_of_many(connection, named, lean=True)
        for facts in many.values():
            version = facts.protocol_version_id
            protocol = await context.reader.protocol(connection, study_id, version)
            found[facts.id] = situation_of(facts, protocol, ())
    return found


def _looked(
    number: int,
    cells: Mapping[str, str],
    person: MeasuredPerson | None,
    situations: Mapping[UUID, Situation],
) -> LookedExam:
    named = _named(cells)
    if isinstance(named, Refused):
        return LookedExam(number, cells, None, False, named, None)
    if person is not None and person.restricted:
        refused = Refused("participant_restricted", "participant")
        return LookedExam(number, cells, None, False, refused, None)
    situation = None if person is None else situations.get(person.participant_id)
    if person is None or situation is None:
        refused = Refused("participant_unknown", "participant")
        return LookedExam(number, cells, None, False, refused, None)
    span = next((one for one in situation.visits if one.visit == named.visit), None)
    days = None if span is None else (span.first, span.last)
    wrong = _wrong(named, situation, span)
    if wrong is not None or span is None:
        return LookedExam(number, cells, days, False, wrong, None)
    exam = ExamRow(
        id=new_id(),
        participant_id=person.participant_id,
        visit_id=span.visit_id,
        target=named.knee,
        measured_on=named.exam_on,
        scanner=named.scanner,
        field_strength=named.field_strength,
        study_uid=named.study_uid,
    )
    return LookedExam(number, cells, days, False, None, exam)


def _named(cells: Mapping[str, str]) -> _Named | Refused:
    """What a row says, or the first cell that cannot be read."""
    visit = _VISIT.fullmatch(cells["visit"])
    uid, strength = cells.get("study_uid") or None, cells.get("field_strength") or None
    if not cells["participant"]:
        return Refused("cell_empty", "participant")
    if visit is None:
        return Refused("visit_unknown", "visit")
    knee, day = _knee(cells["knee"]), _day(cells["exam_on"])
    if knee is None:
        return Refused("cell_knee", "knee")
    if day is None:
        return Refused("cell_day", "exam_on")
    if uid is not None and _UID.fullmatch(uid) is None:
        return Refused("cell_uid", "study_uid")
    if strength is not None and _STRENGTH.fullmatch(strength) is None:
        return Refused("cell_number", "field_strength")
    return _Named(
        visit=(visit["definition"], int(visit["occurrence"] or 1)),
        knee=knee,
        exam_on=day,
        study_uid=uid,
        scanner=cells.get("scanner") or None,
        field_strength=None if strength is None else Decimal(strength),
    )


def _knee(text: str) -> str | None:
    """The one knee a cell names."""
    try:
        knees = read_knees(text)
    except CellError:
        return None
    return knees[0] if len(knees) == 1 else None


def _day(text: str) -> date | None:
    try:
        return read_day(text)
    except CellError:
        return None


def _wrong(one: _Named, situation: Situation, span: VisitSpan | None) -> Refused | None:
    """What is wrong with an examination beside the record; None: nothing."""
    if span is None:
        return Refused("visit_unknown", "visit")
    if one.knee not in situation.treated_knees:
        return Refused("knee_untreated", "knee")
    if one.exam_on > situation.today:
        return Refused("exam_future", "exam_on")
    if not span.first <= one.exam_on <= span.last:
        told = {"first": span.first.isoformat(), "last": span.last.isoformat()}
        return Refused("exam_outside_window", "exam_on", told)
    return None
