"""CSV: a file a table, harmless to spreadsheets, read by R and pandas as what it is.

Instants are in milliseconds and end in Z, always: a column in which some have none makes pandas
raise, and base R reads "+00:00" as midnight.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime
from operator import getitem
from pathlib import Path
from typing import Any, Final, TextIO

from pro_service.domain.instruments.numbers import written
from pro_service.services.base.files import open_private
from pro_service.services.exports.columns import Block, Cell, Column, Row, Table
from pro_service.services.exports.columns.model import Type
from pro_service.tables import mark_csv

FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would run as a formula at the beginning of a cell."""
_QUOTED: Final = re.compile(r'[,"\n\r]')
"""What makes a text be written between quotes."""
AT_ONCE: Final = 1 << 20
"""Bytes copied at once."""
_REMEMBERED: Final = 10_000
"""So many values of a type are kept as they are written; most cells of a table come again."""


class CsvWriter:
    """Writes `<table>.csv` for each table."""

    def __init__(self) -> None:
        """Nothing is written before `open`."""
        self._files = ExitStack()
        self._written: list[Path] = []
        self._write: dict[str, Callable[[str], object]] = {}
        self._opened: dict[str, TextIO] = {}
        self._shown: dict[str, tuple[_Shown, ...]] = {}
        self._by_type = {kind: _Shown(show) for kind, show in _SHOWN.items()}

    def open(self, folder: Path, tables: Sequence[Table], about: Mapping[str, object]) -> None:
        """Write each file's header; `about` stands in a file beside them."""
        for table in tables:
            path = folder / f"{table.name}.csv"
            file = self._files.enter_context(open_private(path))
            self._written.append(path)
            self._write[table.name] = file.write
            self._opened[table.name] = file
            self._shown[table.name] = tuple(self._by_type[one.type] for one in table.columns)
            file.write(",".join(column.name for column in table.columns) + "\n")

    def add(self, table: str, row: Row) -> None:
        """Write a row."""
        self.add_rows(table, (row,))

    def add_rows(self, table: str, rows: Sequence[Row]) -> None:
        """Write rows; a cell too many or too few is a mistake of the program."""
        shown = self._shown[table]
        for row in rows:
            if len(row) != len(shown):
                raise ValueError(f"{table}: {len(row)} cells for {len(shown)} columns")
        self._write[table]("".join([f"{','.join(map(getitem, shown, row))}\n" for row in rows]))

    def add_block(self, table: str, block: Block) -> None:
        """Write rows that begin and end alike: what they share is made once."""
        shown = self._shown[table]
        first, last = len(block.head), len(shown) - len(block.tail)
        between = shown[first:last]
        if not {last - first}.issuperset(map(len, block.middles)):
            raise ValueError(f"{table}: cells too many or too few for {len(shown)} columns")
        head = ",".join((*map(getitem, shown, block.head), ""))
        tail = ",".join(("", *map(getitem, shown[last:], block.tail)))
        self._write[table](
            "".join(
                [f"{head}{','.join(map(getitem, between, one))}{tail}\n" for one in block.middles]
            )
        )

    def append(self, table: str, folder: Path) -> None:
        """Set the rows of the same table in another folder behind those written so far."""
        file = self._opened[table]
        file.flush()
        with (folder / f"{table}.csv").open("rb") as rows:
            rows.readline()  # The header, and the mark before it.
            shutil.copyfileobj(rows, file.buffer, AT_ONCE)

    def close(self) -> None:
        """Close the files, and mark those that are not ASCII."""
        self._files.close()
        for path in self._written:
            mark_csv(path)


class _Shown(dict[Cell, str]):
    """Cells of one type as they are written; one that is not there yet is made."""

    def __init__(self, show: Callable[[Any], str]) -> None:
        super().__init__({None: ""})
        self._show = show

    def __missing__(self, cell: Cell) -> str:
        if len(self) > _REMEMBERED:
            self.clear()
            self[None] = ""
        text = self._show(cell)
        if isinstance(cell, str) and _QUOTED.search(text):
            text = f'"{text.replace(chr(34), chr(34) * 2)}"'
        self[cell] = text
        return text


def cell_text(column: Column, cell: Cell) -> str:
    """What a cell says: numbers as they are, text so that no spreadsheet runs it."""
    return "" if cell is None else _SHOWN[column.type](cell)


def instant_text(cell: datetime) -> str:
    """An instant as CSV has it: UTC, in milliseconds."""
    utc = cell if cell.tzinfo is UTC else cell.astimezone(UTC)
    return f"{utc.isoformat(timespec='milliseconds').removesuffix('+00:00')}Z"


def defused(cell: str) -> str:
    """A text that no spreadsheet runs as a formula."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell


def _yes_or_no(cell: object) -> str:
    return "yes" if cell else "no"


_SHOWN: Final[Mapping[Type, Callable[[Any], str]]] = {
    "text": defused,
    "integer": str,
    "decimal": written,
    "date": date.isoformat,
    "instant": instant_text,
    "yes/no": _yes_or_no,
}
