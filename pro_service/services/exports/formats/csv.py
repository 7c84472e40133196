"""CSV: a file a table, harmless to spreadsheets, read by R and pandas as what it is.

Instants are in milliseconds and end in Z, always: a column in which some have none makes pandas
raise, and base R reads "+00:00" as midnight.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from pro_service.services.base.files import open_private
from pro_service.services.exports.columns import Cell, Column, Row, Table
from pro_service.tables import mark_csv

FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would run as a formula at the beginning of a cell."""
Shown = Callable[[Any], str | int]


class CsvWriter:
    """Writes `<table>.csv` for each table."""

    def __init__(self) -> None:
        """Nothing is written before `open`."""
        self._files = ExitStack()
        self._written: list[Path] = []
        self._shown: dict[str, tuple[Shown, ...]] = {}
        self._add: dict[str, Callable[[Iterable[object]], object]] = {}

    def open(self, folder: Path, tables: Sequence[Table], about: Mapping[str, object]) -> None:
        """Write each file's header; `about` stands in a file beside them."""
        for table in tables:
            path = folder / f"{table.name}.csv"
            file = self._files.enter_context(open_private(path))
            self._written.append(path)
            self._add[table.name] = csv.writer(file, lineterminator="\n").writerow
            self._add[table.name]([column.name for column in table.columns])
            self._shown[table.name] = tuple(_SHOWN[column.type] for column in table.columns)

    def add(self, table: str, row: Row) -> None:
        """Write a row; a cell too many or too few is a mistake of the program."""
        self._add[table](
            [
                "" if cell is None else shown(cell)
                for shown, cell in zip(self._shown[table], row, strict=True)
            ]
        )

    def close(self) -> None:
        """Close the files, and mark those that are not ASCII."""
        self._files.close()
        for path in self._written:
            mark_csv(path)


def cell_text(column: Column, cell: Cell) -> str:
    """A cell as written: numbers as they are, text so that no spreadsheet runs it."""
    return "" if cell is None else str(_SHOWN[column.type](cell))


def defused(cell: str) -> str:
    """A text that no spreadsheet runs as a formula."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell


def _decimal(cell: Decimal | int) -> str | int:
    """Without zeros behind, as scores were always written: 12.5, 34."""
    if isinstance(cell, int):
        return cell
    figure = f"{cell:f}"
    return figure.rstrip("0").rstrip(".") if "." in figure else figure


def instant_text(cell: datetime) -> str:
    """An instant as CSV has it: UTC, in milliseconds."""
    naive = cell.astimezone(UTC).replace(tzinfo=None)
    return f"{naive.isoformat(timespec='milliseconds')}Z"


def _day(cell: date) -> str:
    return cell.isoformat()


def _integer(cell: int) -> int:
    return cell


def _yes_or_no(cell: object) -> str:
    return "yes" if cell else "no"


_SHOWN: Final[Mapping[str, Shown]] = {
    "text": defused,
    "integer": _integer,
    "decimal": _decimal,
    "date": _day,
    "instant": instant_text,
    "yes/no": _yes_or_no,
}
