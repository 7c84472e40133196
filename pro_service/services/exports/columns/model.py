"""What a table of an export is: its columns, each with what every format has to say of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, NamedTuple

Cell = str | int | Decimal | date | datetime | bool | None
"""A typed value of a row: each format writes it in its own way. None: there is none."""
Row = tuple[Cell, ...]
"""A row: its cells in the order of the table's columns."""


class Block(NamedTuple):
    """Rows that begin and end alike, as those of one sitting do: a format may write that once."""

    head: Row
    middles: Sequence[Row]
    tail: Row

    def rows(self) -> Iterator[Row]:
        """Each row whole."""
        return ((*self.head, *one, *self.tail) for one in self.middles)


Type = Literal["text", "integer", "decimal", "date", "instant", "yes/no"]
"""What cells are: str, int, Decimal, date, aware datetime, bool."""
Source = Literal["collected", "derived", "assigned", "protocol"]
"""Where values come from, in the words of Define-XML's origins: told by somebody, computed, given
by the service or its staff, or set by the protocol and the catalogue."""


class Column(NamedTuple):
    """A column, told for every format."""

    name: str
    type: Type
    short: str
    """At most 8 letters and digits, the only one of the table: what XPT can name."""
    label: str
    """At most 40 characters, ASCII: what XPT, SAV and DTA can show."""
    meaning: str
    values: str = ""
    """The values it may have, where they are few."""
    source: Source = "assigned"
    unit: str = ""
    """In UCUM's words; empty: it has none, or another column of the row says it."""


@dataclass(frozen=True)
class Table:
    """A table: a row for each of what `one_row` says."""

    name: str
    one_row: str
    columns: tuple[Column, ...]

    def row(self, cells: dict[str, Cell]) -> Row:
        """Cells by name as a row; a column too many or too few is a mistake of the program."""
        if cells.keys() != {column.name for column in self.columns}:
            raise KeyError(f"{self.name}: the row's columns are not the table's")
        return tuple(cells[column.name] for column in self.columns)

    def named(self, row: Row) -> dict[str, Cell]:
        """A row's cells by the names of their columns."""
        return dict(zip((column.name for column in self.columns), row, strict=True))
