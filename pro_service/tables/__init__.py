"""Tables that come in and go out, whatever program saved them or opens them."""

from __future__ import annotations

from pro_service.tables.places import places_of, settle_zone
from pro_service.tables.reading import (
    MOST_MISTAKES,
    Table,
    TableFileError,
    TableRow,
    read_bytes,
    read_content,
    read_table,
)
from pro_service.tables.writing import csv_bytes, csv_text, mark_csv, write_csv

__all__ = [
    "MOST_MISTAKES",
    "Table",
    "TableFileError",
    "TableRow",
    "csv_bytes",
    "csv_text",
    "mark_csv",
    "places_of",
    "read_bytes",
    "read_content",
    "read_table",
    "settle_zone",
    "write_csv",
]
