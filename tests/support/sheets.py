"""Tables as programs save them: encodings, separators, workbooks."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from openpyxl import Workbook

Rows = Sequence[Sequence[object]]


def as_csv(rows: Rows, separator: str = ",") -> str:
    """The rows as CSV text with Windows' line ends."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=separator).writerows(rows)
    return buffer.getvalue()


def as_workbook(path: Path, rows: Rows, *others: str) -> Path:
    """The rows as the first sheet of a workbook; `others` are further sheets."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    for name in others:
        book.create_sheet(name)
    book.save(path)
    return path
