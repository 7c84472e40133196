"""XLSX: one workbook, a sheet a table, the code book among them; dates are dates.

Rows go to the disk as they come (constant memory). Instants are UTC, for a workbook knows no zones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from pro_service.services.base.files import open_private_bytes
from pro_service.services.exports.columns import Cell, Row, Table
from pro_service.services.exports.formats.about import Told
from pro_service.services.exports.formats.csv import defused
from pro_service.services.exports.formats.errors import FormatError

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

FILE: Final = "export.xlsx"
LAST_ROW: Final = 1_048_576
"""What a sheet can hold, its head included."""
LONGEST: Final = 32_767
"""Characters a cell can hold."""
_WIDTH: Final = {"date": 11, "instant": 22, "text": 18}


class XlsxWriter:
    """Writes `export.xlsx`."""

    def __init__(self) -> None:
        """Nothing is written before `open`."""
        self._book: Any = None
        self._file: BinaryIO | None = None
        self._scratch: TemporaryDirectory[str] | None = None
        self._sheets: dict[str, Worksheet] = {}
        self._next: dict[str, int] = {}
        self._tables: dict[str, Table] = {}
        self._formats: dict[str, Format] = {}

    def open(self, folder: Path, tables: Sequence[Table], about: Mapping[str, object]) -> None:
        """Begin the workbook, with the head of each sheet."""
        from xlsxwriter import Workbook

        told = Told.of(about)
        self._scratch = TemporaryDirectory(dir=folder)
        self._file = open_private_bytes(folder / FILE)
        options = {
            "constant_memory": True,
            "tmpdir": self._scratch.name,
            "strings_to_formulas": False,
            "strings_to_urls": False,
        }
        self._book = Workbook(self._file, options)
        created = told.as_of.replace(tzinfo=None)
        self._book.set_properties({"title": told.study, "created": created})
        self._formats = {
            "date": self._book.add_format({"num_format": "yyyy-mm-dd"}),
            "instant": self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss.000"}),
        }
        for table in tables:
            self._begin(table, self._book.add_format({"bold": True}))

    def _begin(self, table: Table, bold: Any) -> None:
        sheet = self._book.add_worksheet(table.name)
        self._sheets[table.name], self._tables[table.name] = sheet, table
        self._next[table.name] = 1
        sheet.freeze_panes(1, 0)
        for number, column in enumerate(table.columns):
            shape = self._formats.get(column.type)
            sheet.set_column(number, number, _WIDTH.get(column.type, 10), shape)
        for number, column in enumerate(table.columns):
            sheet.write_string(0, number, column.name, bold)

    def add(self, table: str, row: Row) -> None:
        """Write a row. Raises FormatError where the sheet is full or a text too long."""
        number = self._next[table]
        if number >= LAST_ROW:
            raise FormatError(
                f"{table} has more rows than a sheet can hold ({LAST_ROW:,}).",
                mend="Take csv or parquet, or name fewer --tables.",
            )
        self._next[table] = number + 1
        sheet = self._sheets[table]
        columns = self._tables[table].columns
        for place, (column, cell) in enumerate(zip(columns, row, strict=True)):
            if cell is not None:
                _WRITE[column.type](sheet, (number, place), cell, self._formats.get(column.type))

    def close(self) -> None:
        """Put the workbook together."""
        if self._book is not None:
            self._book.close()
        if self._file is not None:
            self._file.close()
        if self._scratch is not None:
            self._scratch.cleanup()


Written = Callable[[Any, tuple[int, int], Any, Any], object]


def _text(sheet: Any, at: tuple[int, int], cell: str, _: Any) -> None:
    text = defused(cell)
    if len(text) > LONGEST:
        raise FormatError(
            f"A text of {len(text):,} characters is longer than a cell of a workbook can be.",
            mend="Take csv or parquet.",
        )
    sheet.write_string(*at, text)


def _yes_or_no(sheet: Any, at: tuple[int, int], cell: Cell, _: Any) -> None:
    sheet.write_string(*at, "yes" if cell else "no")


def _number(sheet: Any, at: tuple[int, int], cell: Any, _: Any) -> None:
    sheet.write_number(*at, cell)


def _date(sheet: Any, at: tuple[int, int], cell: date, shape: Any) -> None:
    sheet.write_datetime(*at, cell, shape)


def _instant(sheet: Any, at: tuple[int, int], cell: datetime, shape: Any) -> None:
    sheet.write_datetime(*at, cell.astimezone(UTC).replace(tzinfo=None), shape)


_WRITE: Final[Mapping[str, Written]] = {
    "text": _text,
    "yes/no": _yes_or_no,
    "integer": _number,
    "decimal": _number,
    "date": _date,
    "instant": _instant,
}
