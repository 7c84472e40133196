"""Every row of a file is looked at first; then what is new or changed is kept, or nothing.

Nobody is alarmed by what was answered before they were here: what a safety rule would have been
met by is listed to whoever brings it in. The same file again changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal, NamedTuple
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.instruments.scoring import as_decimal, score
from pro_service.domain.study.facts import Target
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.safety import raised
from pro_service.services.answering.history.cells import (
    Cells,
    PastRow,
    RowRefusedError,
    read_past_row,
)
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.turns import Decision, until_written
from pro_service.store.answering import history as store
from pro_service.store.answering.history import (
    HistoryImportRow,
    HistoryScoreRow,
    HistorySittingRow,
    PastPerson,
    PastSitting,
)
from pro_service.store.connection import Connection, transaction
from pro_service.store.ids import new_id
from pro_service.store.measuring.keeping import take_turns_as_read

Fate = Literal["new", "same", "changed"]
FATES: Final[tuple[Fate, ...]] = ("new", "changed", "same")
_DAY_ONE: Final = 0
"""As if an injection had been on the day: a rule bound to days after it speaks, too."""
_Place = tuple[UUID, str, Target, date]


class HistoryEmptyError(ProServiceError):
    """The file has no rows."""


@dataclass(frozen=True)
class PastFile:
    """A file of an earlier study as it was read."""

    name: str
    sha256: str
    rows: Sequence[tuple[int, Cells]] = field(repr=False)


class LookedPast(NamedTuple):
    """A row of the file: what would become of it, or why it is refused."""

    number: int
    fate: Fate | None
    """None: it is refused."""
    refused: str | None
    alarming: tuple[str, ...]
    """The safety rules it would meet, were it answered now."""
    person: PastPerson | None = None
    row: PastRow | None = None
    stands: PastSitting | None = None


class LookedHistory(NamedTuple):
    """Every row of a file, looked at."""

    rows: Sequence[LookedPast]

    @property
    def refused(self) -> list[LookedPast]:
        """The rows that cannot be taken."""
        return [one for one in self.rows if one.refused is not None]

    @property
    def alarming(self) -> list[LookedPast]:
        """The rows that meet a safety rule."""
        return [one for one in self.rows if one.alarming]

    def count(self, fate: Fate) -> int:
        """How many rows have this fate."""
        return Counter(one.fate for one in self.rows)[fate]


class HistoryRefusedError(ProServiceError):
    """Some rows cannot be taken, so none was."""

    def __init__(self, looked: LookedHistory) -> None:
        """Keep what was found of every row."""
        super().__init__()
        self.looked = looked


async def look_at_history(
    connection: Connection, context: ServiceContext, study_id: UUID, file: PastFile
) -> LookedHistory:
    """What would become of each row; nothing is written. Raises HistoryEmptyError."""
    if not file.rows:
        raise HistoryEmptyError(mend="Give each sitting a row below the heads.")
    codes = {cells.get("participant", "").strip() for _, cells in file.rows}
    people = await store.list_past_people(connection, study_id, codes)
    stands = {
        (one.participant_id, one.instrument, one.target, one.answered_on): one
        for one in await store.list_history(
            connection, study_id, [one.participant_id for one in people.values()]
        )
    }
    protocols = {
        one.participant_id: await context.reader.protocol(
            connection, study_id, one.protocol_version_id
        )
        for one in people.values()
    }
    judge = _Judge(context, people, stands, protocols)
    return LookedHistory([judge.look(number, cells) for number, cells in file.rows])


class _Judge:
    """Says of each row what would become of it; remembers the rows before."""

    def __init__(
        self,
        context: ServiceContext,
        people: Mapping[str, PastPerson],
        stands: Mapping[_Place, PastSitting],
        protocols: Mapping[UUID, Protocol],
    ) -> None:
        self._instruments = context.catalogue.instruments
        self._people, self._stands, self._protocols = people, stands, protocols
        self._met: dict[_Place, int] = {}

    def look(self, number: int, cells: Cells) -> LookedPast:
        """What would become of a row."""
        try:
            return self._look(number, cells)
        except RowRefusedError as error:
            return LookedPast(number, None, error.message, ())

    def _look(self, number: int, cells: Cells) -> LookedPast:
        row = read_past_row(cells, self._instruments)
        person = self._person(row)
        place = (person.participant_id, row.instrument.id, row.target, row.answered_on)
        if place in self._met:
            raise RowRefusedError(
                "the row",
                f"is of the same sitting as row {self._met[place]}. Keep one of the two.",
            )
        self._met[place] = number
        stands = self._stands.get(place)
        given = (row.answers, row.respondent.kind, row.respondent.relation)
        fate: Fate = "new" if stands is None else "changed"
        if stands is not None and given == (
            *(stands.answers, stands.respondent, stands.respondent_relation),
        ):
            fate = "same"
        return LookedPast(number, fate, None, self._alarming(person, row), person, row, stands)

    def _person(self, row: PastRow) -> PastPerson:
        person = self._people.get(row.code)
        if person is None:
            raise RowRefusedError("participant", "is nobody of this study. Check the code.")
        if person.restricted or person.withdrew:
            raise RowRefusedError(
                "participant", "is restricted, or withdrew the use of their data: nothing is added."
            )
        if row.answered_on >= person.entered_on:
            raise RowRefusedError(
                "answered_on",
                f"is not before {person.entered_on.isoformat()}, when they were entered here."
                " What was answered in this study is typed in at the desk.",
            )
        return person

    def _alarming(self, person: PastPerson, row: PastRow) -> tuple[str, ...]:
        scores = score(row.instrument, row.answers)
        found = raised(
            self._protocols[person.participant_id].safety,
            row.instrument.id,
            row.answers,
            days_since_injection=_DAY_ONE,
            scores={one.scale: one.raw for one in scores if one.raw is not None},
        )
        return tuple(one.rule for one in found)


async def bring_history(
    connection: Connection,
    context: ServiceContext,
    study_id: UUID,
    file: PastFile,
    *,
    reason: str,
    actor: str,
) -> LookedHistory:
    """Keep every sitting of a file that is new or changed, or none of them.

    Raises HistoryEmptyError, HistoryRefusedError, BusyError.
    """

    async def once() -> Decision[LookedHistory]:
        looked = await look_at_history(connection, context, study_id, file)
        if looked.refused:
            raise HistoryRefusedError(looked)
        kept = [one for one in looked.rows if one.fate != "same"]
        if not kept:
            return Decision(looked)
        numbers = await _numbers(connection, study_id, kept)
        import_row = HistoryImportRow(new_id(), file.name, file.sha256, len(file.rows), reason)
        sittings = [_sitting(context, one, numbers) for one in kept]
        revisions = {
            one.person.participant_id: one.person.revision for one in kept if one.person is not None
        }

        async def keep() -> None:
            async with transaction(connection) as lent:
                await take_turns_as_read(lent, study_id, revisions)
                await store.insert_history_import(lent, study_id, import_row, actor)
                await store.insert_history_sittings(
                    lent, study_id, sittings, actor=actor, import_id=import_row.id
                )
                scores = [each for one in sittings for each in _scores(context, one)]
                await store.insert_history_scores(lent, study_id, scores, actor)

        return Decision(looked, keep)

    return await until_written(once)


async def _numbers(
    connection: Connection, study_id: UUID, kept: Sequence[LookedPast]
) -> Counter[UUID]:
    """How many sittings each participant has so far."""
    people = {one.person.participant_id for one in kept if one.person is not None}
    found = await store.list_history(connection, study_id, people)
    return Counter(one.participant_id for one in found)


def _sitting(
    context: ServiceContext, looked: LookedPast, numbers: Counter[UUID]
) -> HistorySittingRow:
    person, row, stands = looked.person, looked.row, looked.stands
    if person is None or row is None:
        raise AssertionError("a row that is kept was read")
    row_id = new_id()
    number = 0 if stands is None else stands.number
    if stands is None:
        numbers[person.participant_id] += 1
        number = numbers[person.participant_id]
    return HistorySittingRow(
        id=row_id,
        thing_id=row_id if stands is None else stands.thing_id,
        revision=1 if stands is None else stands.revision + 1,
        number=number,
        participant_id=person.participant_id,
        instrument=row.instrument.id,
        instrument_version=row.instrument.version,
        instrument_sha256=context.catalogue.instrument_sha256(row.instrument.id),
        target=row.target,
        answered_on=row.answered_on,
        respondent=row.respondent.kind,
        respondent_relation=row.respondent.relation,
        answers=row.answers,
        source_row=looked.number,
    )


def _scores(context: ServiceContext, sitting: HistorySittingRow) -> list[HistoryScoreRow]:
    instrument = context.catalogue.instruments[sitting.instrument]
    answers = {item.code: sitting.answers.get(item.code) for item in instrument.items}
    return [
        HistoryScoreRow(
            id=new_id(),
            participant_id=sitting.participant_id,
            sitting_id=sitting.id,
            scale=one.scale,
            scoring_version=instrument.scoring_version,
            raw=None if one.raw is None else as_decimal(one.raw),
            normalised=None if one.normalised is None else as_decimal(one.normalised),
            lowest=one.minimum,
            highest=one.maximum,
            answered=one.answered,
            substituted=one.substituted,
            absent_reason=one.absent_reason,
        )
        for one in score(instrument, answers)
    ]
