"""Everything of one participant that is analysed, stacked: scores, and measures beside them.

In the manner of ADaM's BDS: one row a value, one analysis record a knee, parameter and analysis
visit. Touches no database.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from fractions import Fraction
from itertools import groupby
from typing import Final, NamedTuple

from pro_service.domain.endpoints.visits import BASELINE
from pro_service.domain.measures.model import Measure
from pro_service.domain.measures.values import Measured, ReadersRule, standing_values
from pro_service.domain.study.facts import Target
from pro_service.services.exports.cells import as_figure, as_fraction
from pro_service.services.exports.columns import Cell, Row
from pro_service.services.exports.rows.answers import Placed
from pro_service.services.exports.rows.parameters import parameter_code
from pro_service.services.exports.rows.reading import Reading
from pro_service.store.exports.measures import ExportedMeasurement

MONTH: Final = 30
"""Days that a month counts in the number of an analysis visit."""
_Key = tuple[Target, str, str, str]
"""What one series is of: target, measure, region, layer."""


class _Record(NamedTuple):
    """What differs from row to row of a parameter."""

    visit: str | None
    day: date | None
    value: Fraction | None
    base: Fraction | None
    is_after: bool
    """After the injection, so that there is a change."""


def score_records(reading: Reading, placed: Sequence[Placed]) -> Iterator[Row]:
    """A row for each score that may be analysed and is there, whether it counts or not."""
    person = reading.person
    for one in placed:
        measured, found, asked = one.measured, one.derived, one.sitting.asked
        if measured is None or measured.raw is None or found is None:
            continue
        scaled = measured.normalised is not None
        record = _Record(
            visit=found.analysis_visit,
            day=one.sitting.answered_on,
            value=measured.normalised if scaled else measured.raw,
            base=found.baseline if scaled else found.baseline_raw,
            is_after=found.change_raw is not None,
        )
        place = (asked.definition, asked.occurrence, asked.instrument)
        yield (
            *(*person.cells, asked.target, parameter_code(asked.instrument, one.scale.code)),
            *(f"{one.instrument.id}: {one.scale.code}{' (0-100)' if scaled else ''}", "PRO"),
            *_figures(reading, asked.target, record, None),
            *(found.is_baseline, found.is_analysis_record),
            *(None if measured.basis == "complete" else measured.basis, None),
            *(*place, one.scale.code),
            " ".join(map(str, ("sittings", *place, asked.target, asked.sitting))),
            reading.snapshot.informed,
        )


def measure_records(
    reading: Reading, placed: Sequence[Placed], values: Sequence[ExportedMeasurement]
) -> Iterator[Row]:
    """A row for each value of a measure that stands by the protocol's rule for several readers."""
    if reading.person.withdrew:
        return
    measuring = reading.protocol.coming.measures
    rule: ReadersRule = "mean" if measuring is None else measuring.readers_rule
    beyond = {} if measuring is None else measuring.differs_beyond
    stands = standing_values([one.measured for one in values], rule, beyond)
    with_value = [one for one in stands if one.value is not None]
    for _, series in groupby(sorted(with_value, key=_order), key=_key):
        several = list(series)
        measure = reading.snapshot.measures.get(several[0].measure)
        if measure is not None:
            yield from _series(reading, measure, several, _Beside(placed, values))


class _Beside(NamedTuple):
    """What a measure's rows are told beside: sittings, and the values of every reader."""

    placed: Sequence[Placed]
    values: Sequence[ExportedMeasurement]

    def gap(self, one: Measured) -> int | None:
        """Its day less that of the nearest sitting about the same knee."""
        days = (
            each.sitting.answered_on
            for each in self.placed
            if each.sitting.asked.target == one.target
        )
        gaps = [(one.measured_on - day).days for day in days if day is not None]
        return min(gaps, key=lambda gap: (abs(gap), gap), default=None)

    def sources(self, one: Measured) -> list[ExportedMeasurement]:
        """The readers' values it stands for."""
        return [each for each in self.values if each.measured.spot == one.spot]


def _series(
    reading: Reading, measure: Measure, several: Sequence[Measured], beside: _Beside
) -> Iterator[Row]:
    """The rows of one parameter of one knee, by day."""
    person, first = reading.person, several[0]
    injected_at = person.injected_at[first.target]
    injected_on = None if injected_at is None else person.day(injected_at)
    # As ADaM has it: the last value on or before the day of the treatment.
    before = [one for one in several if injected_on is None or one.measured_on <= injected_on]
    base = before[-1] if before and injected_on is not None else None
    flagged: dict[str | None, Measured] = {BASELINE: base} if base is not None else {}
    for one in several:
        if one not in before and one.visit is not None:
            flagged.setdefault(one.visit[0], one)
    where = ", ".join(filter(None, (first.region, first.layer)))
    unit = f" ({measure.unit})" if measure.unit else ""
    head: tuple[Cell, ...] = (
        *(*person.cells, first.target),
        parameter_code(measure.id, first.region or "", first.layer or ""),
        f"{measure.label['en']}{f', {where}' if where else ''}{unit}",
        measure.modality,
    )
    for one in several:
        visit = None if one.visit is None else one.visit[0]
        if injected_on is not None and one in before:
            visit = BASELINE
        record = _Record(
            visit=None if injected_on is None else visit,
            day=one.measured_on,
            value=as_fraction(one.value),
            base=None if base is None else as_fraction(base.value),
            is_after=base is not None and one not in before,
        )
        sources = beside.sources(one)
        readers = {each.reader for each in sources}
        yield (
            *head,
            *_figures(reading, one.target, record, measure.unit or None),
            *(one is base, flagged.get(record.visit) is one),
            "mean of readers" if one.reader is None and readers != {None} else None,
            *(beside.gap(one), *(one.visit or (None, None)), measure.id, None),
            f"measures {'; '.join(str(each.thing_id) for each in sources)}",
            reading.snapshot.informed,
        )


def _figures(reading: Reading, target: Target, record: _Record, unit: str | None) -> Row:
    """Visit, day and value, with baseline and change."""
    change = percent = None
    if record.is_after and record.value is not None and record.base is not None:
        change = record.value - record.base
        percent = change / record.base * 100 if record.base else None
    return (
        *(record.visit, _visit_number(reading, record.visit), record.day),
        *(reading.person.study_day(target, record.day), as_figure(record.value), unit),
        *(as_figure(record.base), as_figure(change), as_figure(percent)),
    )


def _visit_number(reading: Reading, visit: str | None) -> int | None:
    """The nominal day of an analysis visit: the plan's, else the protocol's."""
    if visit is None or visit == BASELINE:
        return None if visit is None else 0
    windows = reading.snapshot.rules.windows
    for each in () if windows is None else windows.visits:
        if each.visit == visit:
            return each.target_day
    found = reading.protocol.find(visit)
    return None if found is None else found.target.days + MONTH * found.target.months


def _key(one: Measured) -> _Key:
    return one.target, one.measure, one.region or "", one.layer or ""


def _order(one: Measured) -> tuple[_Key, date]:
    return _key(one), one.measured_on
