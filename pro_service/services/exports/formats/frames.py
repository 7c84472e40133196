"""What Parquet, SAV and DTA share: a table's rows as columns, laid aside in pieces.

polars and pyreadstat are not part of the core: the extra `[analysis]` brings them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, ClassVar, Final

from pro_service.services.exports.columns import Column, Row, Table
from pro_service.services.exports.formats.about import Told
from pro_service.services.exports.formats.errors import FormatError

if TYPE_CHECKING:
    from polars import DataFrame, DataType, LazyFrame

PIECE: Final = 20_000
"""Rows of a table in memory at a time."""


def need_analysis(name: str, *modules: str) -> None:
    """Raise FormatError, naming the extra, where a library is missing."""
    if any(find_spec(module) is None for module in modules):
        raise FormatError(
            f"The format {name} needs libraries that are not installed.",
            mend="Install them with: pip install 'pro-service[analysis]'.",
        )


class FrameWriter(ABC):
    """Keeps rows in pieces on the disk, and hands each table over once it is whole."""

    name: ClassVar[str]
    needs: ClassVar[tuple[str, ...]]
    told: Told

    def __init__(self) -> None:
        """Raises FormatError where the libraries are missing."""
        need_analysis(self.name, *self.needs)
        self._folder = Path()
        self._scratch: TemporaryDirectory[str] | None = None
        self._tables: dict[str, Table] = {}
        self._rows: dict[str, list[Row]] = {}
        self._pieces: dict[str, int] = {}

    def open(self, folder: Path, tables: Sequence[Table], about: Mapping[str, object]) -> None:
        """Begin with no rows."""
        self.told, self._folder = Told.of(about), folder
        self._scratch = TemporaryDirectory(dir=folder)
        for table in tables:
            self._tables[table.name], self._rows[table.name] = table, []
            self._pieces[table.name] = 0

    def add(self, table: str, row: Row) -> None:
        """Keep a row."""
        rows = self._rows[table]
        rows.append(row)
        if len(rows) >= PIECE:
            self._lay_aside(table)

    def close(self) -> None:
        """Write every table."""
        if self._scratch is None:
            return
        try:
            for name, table in self._tables.items():
                self._lay_aside(name)
                path = self._folder / f"{name}.{self.name}"
                self.write(table, self._whole(name), path)
        finally:
            self._scratch.cleanup()

    @abstractmethod
    def write(self, table: Table, whole: LazyFrame, path: Path) -> None:
        """Write a table to a file that is not there yet."""

    def _piece(self, name: str, number: int | str) -> Path:
        scratch = self._scratch.name if self._scratch is not None else ""
        return Path(scratch) / f"{name}-{number}.parquet"

    def _lay_aside(self, name: str) -> None:
        rows, number = self._rows[name], self._pieces[name]
        # A table without rows has one piece too: its columns.
        if rows or number == 0:
            frame(self._tables[name], rows).write_parquet(self._piece(name, number))
            self._rows[name], self._pieces[name] = [], number + 1

    def _whole(self, name: str) -> LazyFrame:
        from polars import scan_parquet

        return scan_parquet([self._piece(name, each) for each in range(self._pieces[name])])


def frame(table: Table, rows: Sequence[Row]) -> DataFrame:
    """Rows as columns of the table's types; instants are UTC, decimals binary figures."""
    from polars import DataFrame, Series

    by_column: Sequence[Sequence[Any]] = list(zip(*rows, strict=True)) or [()] * len(table.columns)
    return DataFrame(
        [
            Series(column.name, [_plain(cell) for cell in cells], dtype=dtype(column))
            for column, cells in zip(table.columns, by_column, strict=True)
        ]
    )


def dtype(column: Column) -> DataType:
    """The column's type in polars."""
    import polars as pl

    types: Mapping[str, DataType] = {
        "text": pl.String(),
        "integer": pl.Int64(),
        "decimal": pl.Float64(),
        "date": pl.Date(),
        "instant": pl.Datetime("ms", "UTC"),
        "yes/no": pl.Boolean(),
    }
    return types[column.type]


def _plain(cell: Any) -> Any:
    if isinstance(cell, Decimal):
        return float(cell)
    return cell.astimezone(UTC) if isinstance(cell, datetime) else cell
