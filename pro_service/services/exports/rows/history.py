"""Rows of what a participant answered in an earlier study: beside the visits, never analysed.

Each sitting stands as one of the visit `history`, with the mode `imported` and the file it came
from. Only its day is known. Touches no database.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import time, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

from pro_service.domain.instruments.numbers import plain
from pro_service.domain.study.assessments import AssessmentState
from pro_service.domain.study.respondents import IMPORTED
from pro_service.domain.study.times import local_instant
from pro_service.services.exports.columns import Row
from pro_service.services.exports.rows.reading import WITHDREW, Reading
from pro_service.store.exports.history import ExportedPast

VISIT: Final = "history"
"""The visit they stand at; no protocol has one of this name."""
_STATE: Final = str(AssessmentState.completed)
_ONLY: Final = "only"
_NOT_DERIVED: Final[Row] = (None,) * 10


class PastRows(NamedTuple):
    """The rows of one participant."""

    sittings: list[Row]
    items: list[Row]
    scores: list[Row]


def history_rows(reading: Reading, past: Sequence[ExportedPast]) -> PastRows:
    """A row for each sitting, item and scale; values are left out where their use was withdrawn."""
    every = [_Past(reading, one) for one in past]
    return PastRows(
        [one.sitting() for one in every],
        [row for one in every for row in one.items()],
        [row for one in every for row in one.scores()],
    )


class _Past:
    """One sitting, and what its rows begin and end with."""

    def __init__(self, reading: Reading, one: ExportedPast) -> None:
        person = reading.person
        self.one, self.withdrew = one, person.withdrew
        self.instrument = reading.snapshot.instruments.get(one.instrument)
        self.where: Row = (*person.cells, one.target, VISIT, one.number)
        day = one.answered_on
        self.opens_at = local_instant(day, time(0), person.zone)
        self.closes_at = local_instant(day + timedelta(days=1), time(0), person.zone)
        # Of an earlier study nothing but the day is known.
        self.when: Row = (None, day, person.study_day(one.target, day))
        self.how: Row = (
            *(IMPORTED, one.respondent, one.respondent_relation, one.actor, None, "mode", None),
            *(None, None, None, 1, None, None, one.instrument_sha256, None),
            person.participant.protocol_sha256,
        )

    def sitting(self) -> Row:
        """The row of the sitting."""
        one = self.one
        answered = None if self.withdrew else len(one.answers)
        head = (one.instrument, one.instrument_version, True, _ONLY, None, None, answered)
        # Whose hand held a tablet is not known of it.
        source = (one.file_sha256, one.source_row, None, None, None)
        return (*self.where, *head, *self.when, *self.how, *source)

    def items(self) -> Iterator[Row]:
        """A row for each item of the instrument."""
        one = self.one
        for item in () if self.instrument is None else self.instrument.items:
            kept = one.answers.get(item.code)
            value = None if kept is None or self.withdrew else plain(Decimal(str(kept)))
            reason = WITHDREW if self.withdrew else None if kept is not None else "not_reached"
            yield (
                *(*self.where, one.instrument, one.instrument_version, item.code, _STATE),
                *(value, reason, *self.when, one.recorded_at, None, one.revision - 1, *self.how),
            )

    def scores(self) -> Iterator[Row]:
        """A row for each scale that was scored when it came in."""
        one = self.one
        for score in one.scores:
            reason = WITHDREW if self.withdrew else score["absent_reason"]
            yield (
                *(*self.where, one.answered_on, self.opens_at, self.closes_at),
                *(one.instrument, one.instrument_version, score["scale"], _STATE, "complete"),
                *(self._figure(score, "raw"), self._figure(score, "normalised")),
                *(score["lowest"], score["highest"], self._direction(score["scale"])),
                *((None, None) if self.withdrew else (score["answered"], score["substituted"])),
                *(reason, *self.when, *_NOT_DERIVED, *self.how),
                *(score["scoring_version"], one.revision),
            )

    def _figure(self, score: Mapping[str, Any], name: str) -> Decimal | None:
        return None if score[name] is None or self.withdrew else Decimal(score[name])

    def _direction(self, code: str) -> str | None:
        if self.instrument is None:
            return None
        scales = (scale for scale in self.instrument.results if scale.code == code)
        return next((self.instrument.direction_of(scale) for scale in scales), None)
