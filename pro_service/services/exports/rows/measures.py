"""Rows of one participant's measures, as every reader gave them. Touches no database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pro_service.services.exports.columns import Row
from pro_service.services.exports.rows.reading import WITHDREW, Person
from pro_service.store.exports.measures import ExportedMeasurement


def measure_rows(person: Person, values: Sequence[ExportedMeasurement]) -> Iterator[Row]:
    """A row for each value that stood, or for why there is none."""
    for one in values:
        measure = person.snapshot.measures.get(one.measure)
        value, gap = (None, WITHDREW) if person.withdrew else (one.value, one.gap)
        yield (
            *(*person.cells, one.target, one.definition, one.occurrence),
            *(one.measure, one.measure_version, None if measure is None else measure.label["en"]),
            *(one.region, one.layer, one.measured_on),
            person.study_day(one.target, one.measured_on),
            *(value, None if measure is None else measure.unit or None, gap),
            *(one.reader, one.read_number, one.scanner, one.field_strength, one.study_uid),
            *(one.file_name, one.source_row, str(one.thing_id), one.revision - 1),
            *(one.recorded_at, one.actor, one.definition_sha256),
        )
