"""SAS transport, version 5 (XPT): `<data set>.xpt`, as agencies take it.

The format's own bounds: names of 8 letters (the registry's short ones), labels of 40 bytes, texts
of 200 bytes. A longer text goes on, cut between characters, in further variables right behind its
own (`MEANING`, `MEANING2`, ...), so that nothing of it is lost. Dates are days and instants seconds
since 1960 (UTC); yes/no is Y or N. Written by hand: common libraries write texts that are too
long, or cut a label inside a character. Source: SAS, TS-140, "The Record Layout of a Data Set in
SAS Transport (XPORT) Format".
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

from pro_service.services.base.files import open_private_bytes
from pro_service.services.exports.columns import Cell, Column, Row, Table
from pro_service.services.exports.formats.about import Told
from pro_service.services.exports.formats.spool import Plain, Spool

LONGEST: Final = 200
"""Bytes of a text in one variable."""
_NAME: Final = 8
_EPOCH: Final = datetime(1960, 1, 1, tzinfo=UTC)
_MISSING: Final = b"." + bytes(7)
_FORMATS: Final[Mapping[str, tuple[str, int]]] = {"date": ("DATE", 9), "instant": ("DATETIME", 20)}
_NAMESTR: Final = ">hhhh8s40s8shhh2s8shhl52s"


def data_set(table: str) -> str:
    """The table's name in at most 8 letters."""
    return table.replace("_", "").upper()[:8]


class XptWriter:
    """Writes a file for each table, once its longest texts are known."""

    def __init__(self) -> None:
        """Nothing is written before `open`."""
        self._folder = Path()
        self._told: Told | None = None
        self._tables: dict[str, Table] = {}
        self._spools: dict[str, Spool] = {}
        self._lengths: dict[str, list[list[int]]] = {}

    def open(self, folder: Path, tables: Sequence[Table], about: Mapping[str, object]) -> None:
        """Begin with no rows."""
        self._folder, self._told = folder, Told.of(about)
        for table in tables:
            self._tables[table.name], self._spools[table.name] = table, Spool(folder)
            self._lengths[table.name] = [[1 if _is_text(each) else 8] for each in table.columns]

    def add(self, table: str, row: Row) -> None:
        """Lay a row aside."""
        lengths, plain = self._lengths[table], []
        columns = self._tables[table].columns
        for place, (column, cell) in enumerate(zip(columns, row, strict=True)):
            value = _plain(column, cell)
            if isinstance(value, str):
                _widen(lengths[place], value)
            plain.append(value)
        self._spools[table].add(plain)

    def close(self) -> None:
        """Write the files."""
        for name, spool in self._spools.items():
            if self._told is not None:
                path = self._folder / f"{data_set(name).lower()}.xpt"
                with open_private_bytes(path) as file:
                    variables = variables_of(self._tables[name], self._lengths[name])
                    _write(file, self._told, (self._tables[name], variables), spool)
            spool.close()


class Variable(NamedTuple):
    """A variable of the file: a column, or a part of one whose texts are too long."""

    place: int
    """Of the column in the row."""
    part: int
    """Which part of its texts it holds, from 0."""
    length: int
    name: str
    label: str
    column: Column


def variables_of(table: Table, lengths: Sequence[Sequence[int]]) -> list[Variable]:
    """The variables of a table; `lengths` are those of each column's parts."""
    found, taken = [], {column.short for column in table.columns}
    for place, (column, parts) in enumerate(zip(table.columns, lengths, strict=True)):
        for part, length in enumerate(parts):
            name, label = column.short, column.label
            if part:
                number = str(part + 1)
                name = _free_name(column.short, number, taken)
                label = f"{column.label[:34]} ({number})"
                taken.add(name)
            found.append(Variable(place, part, length, name, label, column))
    return found


def _free_name(short: str, number: str, taken: Collection[str]) -> str:
    """The column's name with a number behind, shortened until no other column has it."""
    for kept in range(_NAME - len(number), 0, -1):
        name = f"{short[:kept]}{number}"
        if name not in taken:
            return name
    raise AssertionError("a table has fewer columns than there are names")


def pieces(text: str) -> list[str]:
    """A text in parts of at most `LONGEST` bytes, cut between characters; at least one.

    None but the last ends in a space: readers take that for padding.
    """
    found, left = [], text
    while len(left.encode()) > LONGEST:
        part = cut(left, LONGEST)
        found.append(part.rstrip(" ") or part)
        left = left[len(found[-1]) :]
    return [*found, left]


def _widen(parts: list[int], text: str) -> None:
    """Let the parts of a column hold this text too."""
    if len(parts) == 1 and len(text) * 4 <= parts[0]:
        return
    for place, each in enumerate(pieces(text)):
        if place == len(parts):
            parts.append(1)
        parts[place] = max(parts[place], len(each.encode()))


def cut(text: str, longest: int) -> str:
    """A text of at most so many bytes of UTF-8, cut between characters."""
    return text.encode()[:longest].decode(errors="ignore")


def ibm_float(value: float) -> bytes:
    """A figure as the mainframe has it: base 16, 56 bits, exponent in excess of 64."""
    if value == 0:
        return bytes(8)
    sign, left = (0x80, -value) if value < 0 else (0, value)
    exponent = 64
    while left >= 1:
        left, exponent = left / 16, exponent + 1
    while left < 1 / 16:
        left, exponent = left * 16, exponent - 1
    return bytes([sign | exponent]) + int(left * 2**56).to_bytes(7, "big")


def _is_text(column: Column) -> bool:
    return column.type in ("text", "yes/no")


def _plain(column: Column, cell: Cell) -> Plain:
    if cell is None:
        return None
    if column.type == "yes/no":
        return "Y" if cell else "N"
    if isinstance(cell, str):
        return cell
    if isinstance(cell, datetime):
        return round((cell - _EPOCH).total_seconds(), 3)
    return (cell - _EPOCH.date()).days if isinstance(cell, date) else float(cell)


def _write(
    file: BinaryIO, told: Told, shape: tuple[Table, Sequence[Variable]], spool: Spool
) -> None:
    table, variables = shape
    file.write(_head(told, table))
    file.write(_names(variables))
    file.write(_header("OBS", "0" * 30))
    written = 0
    for row in spool.rows():
        written += file.write(b"".join(_cell(row[one.place], one) for one in variables))
    file.write(b" " * (-written % 80))


def _cell(value: Any, variable: Variable) -> bytes:
    if _is_text(variable.column):
        text = value or ""
        if variable.part or len(text) * 4 > variable.length:
            parts = pieces(text)
            text = parts[variable.part] if variable.part < len(parts) else ""
        return text.encode().ljust(variable.length)
    return _MISSING if value is None else ibm_float(value)


def _header(kind: str, numbers: str) -> bytes:
    return f"HEADER RECORD*******{kind:<8}HEADER RECORD!!!!!!!{numbers:<32}".encode()


def _head(told: Told, table: Table) -> bytes:
    at = f"{told.as_of:%d%b%y:%H:%M:%S}".upper().encode()
    own = b"".join(each.ljust(8) for each in (b"SAS", b"SAS", b"SASLIB", b"9.4", b"Linux"))
    name = data_set(table.name).encode().ljust(8)
    member = b"".join((b"SAS     ", name, b"SASDATA ", b"9.4     ", b"Linux   "))
    label = cut(table.one_row, 40).encode().ljust(40)
    return b"".join(
        (
            _header("LIBRARY", "0" * 30),
            *(own, b" " * 24, at, at.ljust(80)),
            _header("MEMBER", "000000000000000001600000000140"),
            _header("DSCRPTR", "0" * 30),
            *(member, b" " * 24, at, at, b" " * 16, label, b" " * 8),
        )
    )


def _names(variables: Sequence[Variable]) -> bytes:
    """What SAS calls name strings: one for each variable."""
    found, place = [], 0
    for number, one in enumerate(variables, start=1):
        shape, width = _FORMATS.get(one.column.type, ("", 0))
        found.append(
            struct.pack(
                _NAMESTR,
                *(2 if _is_text(one.column) else 1, 0, one.length, number),
                *(one.name.encode().ljust(_NAME), one.label.encode().ljust(40)),
                *(shape.encode().ljust(8), width, 0, 0, bytes(2), b" " * 8, 0, 0),
                *(place, bytes(52)),
            )
        )
        place += one.length
    every = b"".join(found)
    padding = b" " * (-len(every) % 80)
    return _header("NAMESTR", f"000000{len(found):04}{'0' * 20}") + every + padding
