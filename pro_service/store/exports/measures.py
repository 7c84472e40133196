"""Values of measures as an export reads them, as they stood at one instant (study time)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg

from pro_service.domain.measures.values import Measured
from pro_service.domain.study.facts import Target
from pro_service.store.exports.export import Whose
from pro_service.store.sql_files import load_queries
from pro_service.store.streams import Stream

_SQL: Final = load_queries("exports/measures")


class ExportedMeasurement(NamedTuple):
    """One reader's value of one read, or why there is none, and where it comes from."""

    participant_id: UUID
    thing_id: UUID
    """The value, of all its revisions."""
    revision: int
    definition: str | None
    occurrence: int | None
    measure: str
    measure_version: str
    definition_sha256: str
    target: Target
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
    file_name: str | None
    """The file that brought it; None: it was typed."""
    source_row: int | None
    recorded_at: datetime
    actor: str

    @property
    def measured(self) -> Measured:
        """The value as the domain chooses among several."""
        at = self.definition, self.occurrence
        return Measured(
            *(self.measure, self.measure_version, self.target, self.region, self.layer),
            (at[0], at[1]) if at[0] is not None and at[1] is not None else None,
            *(self.measured_on, self.value, self.gap, self.reader, self.read_number),
        )


async def stream_exported_measurements(
    connection: asyncpg.Connection[asyncpg.Record], whose: Whose
) -> Stream[ExportedMeasurement]:
    """The values of measures of these participants."""
    sql = _SQL["list_exported_measurements"]
    return await Stream.open(connection, sql, ExportedMeasurement, *whose)
