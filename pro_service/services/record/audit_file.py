"""The audit as a table for other programs: a line for each column that was written."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any, Final

from pro_service.services.record.reading import AuditEntry

COLUMNS: Final = (
    *("at", "entry", "actor", "from", "kind", "operation", "participant", "column", "old", "new"),
    "reason",
)
"""Instants are UTC, kinds and columns as the database names them."""


def audit_csv(entries: Iterable[AuditEntry]) -> str:
    """Entries as text of a CSV file, with its heads."""
    written = io.StringIO()
    table = csv.writer(written)
    table.writerow(COLUMNS)
    for one in entries:
        table.writerows(_lines(one))
    return written.getvalue()


def _lines(one: AuditEntry) -> Iterator[list[str]]:
    head = [one.at.isoformat(), str(one.id), one.actor, one.whence.value, one.kind, one.operation]
    written = [
        [row.code or "", name, _cell(row.old.get(name)), _cell(row.new.get(name))]
        for row in one.rows
        for name in dict.fromkeys([*row.old, *row.new])
    ]
    # An entry of which no column is shown still says that it is there, and about whom.
    about = next((row.code for row in one.rows if row.code), "")
    for line in written or [[about or "", "", "", ""]]:
        yield [*head, *line, one.reason or ""]


def _cell(value: Any) -> str:
    return "" if value is None else str(value)
