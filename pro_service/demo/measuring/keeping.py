"""What the demo's data manager does: brings files, has images read blinded, settles, locks (R19).

All of it by the use cases of `measure import` and `reads`, as who types those commands.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from pro_service.demo.measuring.exams import Exam, Examinee, exams_of
from pro_service.demo.measuring.files import (
    THICKNESS,
    Row,
    Seen,
    clinic_table,
    exam_table,
    read_table,
    with_slip,
)
from pro_service.demo.measuring.truth import MEASURE, deal
from pro_service.domain.measures.values import ADJUDICATED, THE_READ
from pro_service.services.base.context import ServiceContext
from pro_service.services.measuring import (
    Bringer,
    BroughtFile,
    bring_values,
    measure_rows_of,
    reading,
)
from pro_service.services.measuring.reading import HandIn, HandOut, Listed
from pro_service.services.study import add_staff
from pro_service.store.connection import Connection, transaction
from pro_service.store.measuring.keeping import MeasuredPerson, list_measured_people
from pro_service.store.measuring.reads import list_read_keys
from pro_service.tables import Table, csv_text, read_content

ACTOR: Final = "cli:data-manager"
"""By whom, as `pro-service` names who types a command."""
READERS: Final = ("reader-1", "reader-2", "reader-3")
"""Two read; the third settles where they differ."""
WHY: Final = "the site's list of measures"
ALL_READ: Final = "every examination was read and settled"


@dataclass(frozen=True)
class Office:
    """Where the data manager sits."""

    connection: Connection
    """An operator's, of `ACTOR`."""
    context: ServiceContext
    study_id: UUID


@dataclass(frozen=True)
class _Archive:
    """The images: whose each is, and what each scan added by chance."""

    exams: Mapping[tuple[str, str, date], Exam]
    """By code, knee and day."""
    scans: Mapping[Exam, float]


async def keep_measures(office: Office, examinees: Sequence[Examinee], until: date) -> None:
    """Keep what was measured of everybody before a day; nothing where nobody was injected."""
    await _bring_clinic(office, _table("clinic.csv", clinic_table(examinees, until)))
    exams = [exam for one in examinees for exam in exams_of(one, until)]
    if not exams:
        return
    table = _table("exams.csv", exam_table(exams))[1]
    await reading.bring_exams(
        office.connection, office.context, office.study_id, table, actor=ACTOR
    )
    for login in READERS:
        await _add_reader(office, login)
    scans = deal(exams, exams[0].examinee.persona.seed)
    by_name: dict[tuple[str, str, date], Exam] = {
        (one.examinee.persona.code, one.knee, one.day): one for one in exams
    }
    await _read_all(office, _Archive(by_name, scans))
    await reading.lock_reads(office.connection, office.study_id, actor=ACTOR, reason=ALL_READ)


async def _bring_clinic(office: Office, brought: tuple[bytes, Table]) -> None:
    connection = office.connection

    async def find_people(codes: Collection[str]) -> Mapping[str, MeasuredPerson]:
        return await list_measured_people(connection, office.study_id, codes)

    content, table = brought
    bringer = Bringer(
        context=office.context,
        study_id=office.study_id,
        actor=ACTOR,
        connection=connection,
        find_people=find_people,
        begin=lambda: transaction(connection),
    )
    digest = hashlib.sha256(content).hexdigest()
    await bring_values(bringer, BroughtFile(table.name, digest, measure_rows_of(table)), WHY)


async def _add_reader(office: Office, login: str) -> None:
    await add_staff(
        office.connection,
        office.study_id,
        login=login,
        language="en",
        site_code=None,
        role="reader",
        actor=ACTOR,
    )


async def _read_all(office: Office, archive: _Archive) -> None:
    """Two readers read UTE T2*, one the thickness; a third settles where the two differ."""
    first, second, third = READERS
    connection, context, study_id = office.connection, office.context, office.study_id
    for measure, reader in ((MEASURE, first), (MEASURE, second), (THICKNESS, first)):
        wish = HandOut(measure, reader, ACTOR)
        listed = await reading.hand_out(connection, context, study_id, wish)
        seen = await _look_at(office, archive, listed, THE_READ)
        rows = read_table(context.catalogue.measures[measure], reader, seen, archive.scans)
        if reader == second:
            # The one that slips is the same in every run, whatever order the lot drew.
            slipped = min(seen, key=lambda one: (one.exam.name, one.look))
            rows = with_slip(rows, slipped.pseudonym)
        await _hand_in(office, reader, rows)
    wish = HandOut(MEASURE, third, ACTOR)
    listed = await reading.hand_out_to_settle(connection, context, study_id, wish)
    seen = await _look_at(office, archive, listed, ADJUDICATED)
    measure_read = context.catalogue.measures[MEASURE]
    await _hand_in(office, third, read_table(measure_read, third, seen, archive.scans))


async def _look_at(office: Office, archive: _Archive, listed: Listed, first: int) -> list[Seen]:
    """The images of a list: each is found by its pseudonym, as whoever names the images has it."""
    looks: dict[Exam, int] = {}
    seen = []
    for line in await list_read_keys(office.connection, office.study_id, listed.id):
        exam = archive.exams[line.code, line.target, line.measured_on]
        looks[exam] = looks.get(exam, first - 1) + 1
        seen.append(Seen(line.pseudonym, line.sequence, exam, looks[exam]))
    return seen


async def _hand_in(office: Office, reader: str, rows: Iterable[Row]) -> None:
    content, table = _table(f"{reader}.csv", rows)
    await reading.take_reads(
        lambda: transaction(office.connection),
        office.context.catalogue.measures,
        office.study_id,
        HandIn(table.name, content, table, ACTOR),
    )


def _table(name: str, rows: Iterable[Row]) -> tuple[bytes, Table]:
    content = csv_text(rows).encode()
    return content, read_content(name, content)
