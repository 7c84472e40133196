"""XLSX workbooks: the first sheet's cells, as a person would have typed them."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from datetime import date, datetime, time, timedelta
from typing import Final, NamedTuple

from pro_service.domain.errors import ProServiceError
from pro_service.domain.tables.cells import SHORTENED

ZIP: Final = b"PK\x03\x04"
OLD_WORKBOOK: Final = bytes.fromhex("d0cf11e0a1b11ae1")
"""An .xls of before 2007, and every workbook with a password."""
LARGEST_UNPACKED: Final = 300 * 1024 * 1024
MOST_ROWS: Final = 200_000
MOST_COLUMNS: Final = 1_000
_EXACT: Final = 10**15
"""A spreadsheet keeps 15 digits; what has more was rounded."""
_ZEROS: Final = re.compile(r"0{2,}")
_DAMAGED: Final = (
    *(LookupError, ValueError, OSError, SyntaxError, ArithmeticError, TypeError, AttributeError),
    *(NotImplementedError, RuntimeError, EOFError, zipfile.BadZipFile, zlib.error, struct.error),
)
"""What unpacking and reading a damaged workbook may come upon: it believes what it finds there."""


class WorkbookError(ProServiceError):
    """The workbook cannot be read; `row` and `column` say where, if it is one cell's fault."""

    def __init__(
        self, message: str, mend: str | None = None, *, place: tuple[int, int] | None = None
    ) -> None:
        """Keep where it is."""
        super().__init__(message, mend=mend)
        self.place = place


class Sheet(NamedTuple):
    """The first sheet's rows from row 1 on, its name, and the names of those left out."""

    rows: list[list[str]]
    name: str
    others: tuple[str, ...]


def read_workbook(content: bytes) -> Sheet:
    """Read the first sheet. Raises WorkbookError."""
    # It takes a fifth of a second to load; most commands read no workbook.
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    _check_archive(content)
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except (InvalidFileException, *_DAMAGED):
        raise _unreadable() from None
    try:
        sheets = [one for one in book.worksheets if one.sheet_state == "visible"]
        if not sheets:
            raise WorkbookError("The workbook has no sheet that is shown.")
        sheet = sheets[0]
        # What a program wrote of the sheet's extent is not believed.
        sheet.reset_dimensions()
        rows: list[list[str]] = []
        for number, cells in enumerate(sheet.iter_rows(), start=1):
            if number > MOST_ROWS or len(cells) > MOST_COLUMNS:
                raise WorkbookError(
                    f"The sheet has over {MOST_ROWS} rows or {MOST_COLUMNS} columns.",
                    mend="Delete what stands outside the table.",
                )
            rows.append(
                [
                    cell_text(cell.value, cell.number_format, (number, place), cell.data_type)
                    for place, cell in enumerate(cells, start=1)
                ]
            )
        rows = [cells if any(cells) else [] for cells in rows]
        while rows and not rows[-1]:
            rows.pop()
        return Sheet(rows, sheet.title, tuple(one.title for one in sheets[1:]))
    except _DAMAGED:
        raise _unreadable() from None
    finally:
        book.close()


def cell_text(
    value: object, number_format: str | None, place: tuple[int, int], data_type: str | None = None
) -> str:
    """A cell's value as text: a day as 2026-12-01, 1.0 as 1, digits whole, zeros as shown.

    Raises WorkbookError for an error's cell, and a number with more digits than are kept.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        at = value.time()
        return value.date().isoformat() if at == time(0) else value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, int | float):
        return _number_text(value, number_format or "", place)
    if isinstance(value, timedelta):
        return str(value)
    text = str(value)
    if data_type == "e" and text != "#N/A":
        raise WorkbookError(f"holds an error ({text[:20]}); mend its formula.", place=place)
    return text


def _number_text(value: int | float, number_format: str, place: tuple[int, int]) -> str:
    if isinstance(value, float) and value != int(value):
        return repr(value)
    if abs(value) >= _EXACT:
        raise WorkbookError(SHORTENED, place=place)
    digits = str(int(value))
    # A format of zeros shows 0012 where 12 is stored.
    zeros = _ZEROS.fullmatch(number_format)
    return digits.zfill(len(number_format)) if zeros and value >= 0 else digits


def _check_archive(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = {one.filename: one.file_size for one in archive.infolist()}
    except _DAMAGED:
        raise _unreadable() from None
    if "xl/workbook.xml" not in names:
        raise WorkbookError("It is no XLSX workbook.", mend="Save it as XLSX or CSV.")
    if sum(names.values()) > LARGEST_UNPACKED:
        raise WorkbookError("The workbook is too large.", mend="Save the one sheet as CSV.")


def _unreadable() -> WorkbookError:
    return WorkbookError(
        "The workbook is damaged.", mend="Open it, and save it anew as XLSX or CSV."
    )
