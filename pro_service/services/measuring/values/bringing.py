"""Values brought in by a file: every row is looked at first, then all are kept or none.

A row is new, the same as what stands, a change of it, or refused. The same file again changes
nothing, and leaves nothing behind. Set by set: a few statements for any number of rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple
from uuid import UUID

from pro_service.catalog.measure_files import measure_hash
from pro_service.domain.errors import ProServiceError
from pro_service.domain.measures.taking import Fate, Placed, Refused, Said, Standing
from pro_service.domain.study.protocol import Protocol
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.notes import note_about
from pro_service.services.base.turns import Decision, until_written
from pro_service.services.measuring.values.cells import Cells
from pro_service.services.measuring.values.judging import Judge, Judged, read_judge
from pro_service.store.connection import Connection
from pro_service.store.ids import new_id
from pro_service.store.measuring import keeping as store
from pro_service.store.measuring.keeping import ImportRow, MeasuredPerson, MeasurementRow
from pro_service.store.notes import NoteRow

CHUNK: Final = 5000
"""Rows that one statement keeps."""
Stage = Literal["checked", "kept"]
Progress = Callable[[Stage, int, int], None]
"""Told now and then how many of how many rows have been checked or kept."""
FATES: Final[tuple[Fate, ...]] = ("new", "same", "changed")


class FileEmptyError(ProServiceError):
    """The file has no rows."""


def _sees_all(_protocol: Protocol, _code: str) -> bool:
    """The operator reads every table."""
    return True


@dataclass(frozen=True)
class Bringer:
    """Who brings values in, and how they read and write."""

    context: ServiceContext
    study_id: UUID
    actor: str
    connection: Connection
    """Reads what decides: facts, locks, what stands."""
    find_people: Callable[[Collection[str]], Awaitable[Mapping[str, MeasuredPerson]]]
    """The participants of some codes about whom they may bring values."""
    begin: Callable[[], AbstractAsyncContextManager[Connection]]
    """A transaction of theirs."""
    may_see: Callable[[Protocol, str], bool] = _sees_all
    """Whether they see what stands of the participant with a code (R6)."""


@dataclass(frozen=True)
class BroughtFile:
    """A file of values as it was read."""

    name: str
    sha256: str
    rows: Sequence[tuple[int, Cells]] = field(repr=False)


class LookedRow(NamedTuple):
    """A row of the file: what would become of it, or why it is refused."""

    number: int
    code: str
    cells: Cells
    fate: Fate | None
    """None: it is refused."""
    refused: Refused | None
    said: Said | None
    before: Standing | None
    """What stands now where it would change something, for who may see it."""


class LookedFile(NamedTuple):
    """Every row of a file, looked at."""

    rows: Sequence[LookedRow]

    @property
    def refused(self) -> list[LookedRow]:
        """The rows that cannot be taken."""
        return [one for one in self.rows if one.refused is not None]

    def count(self, fate: Fate) -> int:
        """How many rows would have this fate."""
        return Counter(one.fate for one in self.rows)[fate]


class ValuesRefusedError(ProServiceError):
    """Some rows cannot be taken, so none was."""

    def __init__(self, looked: LookedFile) -> None:
        """Keep what was found of every row."""
        super().__init__()
        self.looked = looked


def _untold(stage: Stage, done: int, total: int) -> None:
    """Tell nobody how far it is."""


async def look_at_file(
    bringer: Bringer, file: BroughtFile, progress: Progress = _untold
) -> LookedFile:
    """What would become of each row; nothing is written. Raises FileEmptyError."""
    looked, _ = await _look(bringer, file, progress)
    return looked


async def bring_values(
    bringer: Bringer, file: BroughtFile, reason: str, progress: Progress = _untold
) -> LookedFile:
    """Keep every value of a file that is new or changed, or none of them.

    Raises FileEmptyError, ValuesRefusedError, KeyGoneError, BusyError.
    """

    async def once() -> Decision[LookedFile]:
        looked, judge = await _look(bringer, file, progress)
        if looked.refused:
            raise ValuesRefusedError(looked)
        kept = [one for one in judge.judged if one.fate in ("new", "changed")]
        if not kept:
            return Decision(looked)
        return Decision(looked, lambda: _keep(bringer, file, reason, judge, progress))

    return await until_written(once)


async def _look(
    bringer: Bringer, file: BroughtFile, progress: Progress
) -> tuple[LookedFile, Judge]:
    if not file.rows:
        raise FileEmptyError
    codes = {cells.get("participant", "").strip() for _, cells in file.rows}
    people = await bringer.find_people(codes)
    judge = await read_judge(bringer.connection, bringer.context, bringer.study_id, people)
    looked: list[LookedRow] = []
    for number, cells in file.rows:
        found = judge.judge(number, cells)
        code = cells.get("participant", "").strip()
        if isinstance(found, Refused):
            looked.append(LookedRow(number, code, cells, None, found, None, None))
        else:
            seen = bringer.may_see(found.person.protocol, code)
            told = (found.fate, None, found.said, found.before if seen else None)
            looked.append(LookedRow(number, code, cells, *told))
        if len(looked) % CHUNK == 0:
            progress("checked", len(looked), len(file.rows))
    progress("checked", len(looked), len(file.rows))
    return LookedFile(looked), judge


async def _keep(
    bringer: Bringer, file: BroughtFile, reason: str, judge: Judge, progress: Progress
) -> None:
    judged = [one for one in judge.judged if one.fate != "same"]
    import_row = ImportRow(new_id(), file.name, file.sha256, len(file.rows), reason)
    notes: list[tuple[UUID, NoteRow]] = []
    rows: list[MeasurementRow] = []
    for one in judged:
        note = None
        if one.why:
            note = note_about(bringer.context, one.person.facts, one.why)
            notes.append((one.person.facts.id, note))
        rows.append(row_of_value(one, note))
    revisions = {one.person.facts.id: one.person.facts.revision for one in judged}
    study_id, actor = bringer.study_id, bringer.actor
    async with bringer.begin() as connection:
        await store.take_turns_as_read(connection, study_id, revisions)
        await store.insert_measure_import(connection, study_id, import_row, actor)
        if notes:
            await store.insert_measure_notes(connection, study_id, notes, actor)
        for start in range(0, len(rows), CHUNK):
            chunk = rows[start : start + CHUNK]
            await store.insert_measurements(
                connection, study_id, chunk, actor=actor, import_id=import_row.id
            )
            progress("kept", start + len(chunk), len(rows))


def row_of_value(judged: Judged, note: NoteRow | None, *, struck: bool = False) -> MeasurementRow:
    """The row of a value that can be taken: the next revision of what stands, or a first one."""
    said, before = judged.said, judged.before
    placed: Placed = judged.placed
    row_id = new_id()
    return MeasurementRow(
        id=row_id,
        thing_id=row_id if before is None else before.thing_id,
        revision=1 if before is None else before.revision + 1,
        participant_id=judged.person.facts.id,
        visit_id=placed.visit.visit_id,
        measure=placed.measure.id,
        measure_version=placed.measure.version,
        definition_sha256=measure_hash(placed.measure.id),
        target=said.target or "person",
        measured_on=said.measured_on,
        region=said.region,
        layer=said.layer,
        value=said.value,
        gap=said.gap,
        reader=said.reader,
        read_number=said.read_number,
        scanner=said.scanner or (before.scanner if before else None),
        field_strength=said.field_strength or (before.field_strength if before else None),
        study_uid=said.study_uid or (before.study_uid if before else None),
        source_row=judged.number,
        struck=struck,
        reason=None if note is None else note.reference,
    )
