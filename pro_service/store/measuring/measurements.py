"""Values of measures as they stood at an instant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from pro_service.domain.measures.values import Measured
from pro_service.store.connection import Connection
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("measuring/measurements")


@dataclass(frozen=True, slots=True)
class Measurement:
    """One value that stands, whose it is, and where it comes from."""

    id: UUID
    thing_id: UUID
    """The value, of all its revisions."""
    revision: int
    participant_id: UUID
    visit_id: UUID | None
    definition_sha256: str
    """The hash of the measure's definition when it was recorded."""
    scanner: str | None
    field_strength: Decimal | None
    """In tesla."""
    study_uid: str | None
    import_id: UUID | None
    source_row: int | None
    recorded_at: datetime
    actor: str
    measured: Measured


async def list_measurements(
    connection: Connection, study_id: UUID, as_of: datetime, participant_id: UUID | None = None
) -> list[Measurement]:
    """The values that stood at an instant of study time, of all who are seen or of one.

    By participant, day and measure.
    """
    rows = await connection.fetch(_SQL["list_measurements"], study_id, as_of, participant_id)
    return [_measurement(row) for row in rows]


def _measurement(row: Mapping[str, Any]) -> Measurement:
    told = dict(row)
    definition, occurrence = told.pop("definition"), told.pop("occurrence")
    told["visit"] = None if definition is None else (definition, occurrence)
    told["version"] = told.pop("measure_version")
    measured = {name: told.pop(name) for name in Measured._fields}
    return row_of(Measurement, told, measured=row_of(Measured, measured))
