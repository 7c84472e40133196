"""One reader for every table that comes in: CSV of any usual program, or XLSX, told by content."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from pro_service.domain.errors import ProServiceError
from pro_service.domain.tables.characters import has_control, visible
from pro_service.tables.encodings import decode
from pro_service.tables.workbooks import OLD_WORKBOOK, ZIP, WorkbookError, read_workbook

LARGEST_FILE: Final = 100 * 1024 * 1024
SEPARATORS: Final = {",": "commas", ";": "semicolons", "\t": "tabs"}
MOST_MISTAKES: Final = 50
_SEP_LINE: Final = re.compile(r"\"?sep=([^\r\n\"])\"?[,;\t]*(?:\r\n|\r|\n|$)", re.IGNORECASE)
_QUOTED: Final = re.compile(r'"(?:[^"]|"")*"')


class TableFileError(ProServiceError):
    """The file is not a table this can read. `mistakes` has one line for each."""

    def __init__(self, *mistakes: str, mend: str | None = None) -> None:
        """Join the mistakes into one message, a line each."""
        super().__init__("\n".join(mistakes), mend=mend)
        self.mistakes = mistakes


class TableRow(NamedTuple):
    """A row's number as a spreadsheet shows it, and its cells, as many as there are heads."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table as read: heads and rows as they stand, without empty columns at the end."""

    name: str
    heads: tuple[str, ...]
    rows: tuple[TableRow, ...]
    head_row: int = 1
    form: str = "CSV with commas"
    """What the file was, in words."""
    notes: tuple[str, ...] = ()
    """What whoever sent it should know, such as sheets that were left out."""


def read_table(path: Path) -> Table:
    """Read a whole table. Raises TableFileError, which never repeats a cell.

    Control characters are refused with row and column. A blank line is left out, but in a table of
    one column it is a missing value; a row of empty cells is a row.
    """
    return read_content(path.name, read_bytes(path))


def read_bytes(path: Path) -> bytes:
    """A table's bytes, for who keeps their hash as well. Raises TableFileError."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            most = LARGEST_FILE // 1024**2
            raise TableFileError(
                f"{path.name} is too large for a table.", mend=f"Divide it: {most} MB at most."
            )
        return path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "unknown reason"
        raise TableFileError(f"{path} cannot be read ({reason}).") from None


def read_content(name: str, content: bytes) -> Table:
    """The same of a file's content, for who must not keep it on a disk. Raises TableFileError."""
    if content.startswith(OLD_WORKBOOK):
        raise TableFileError(
            f"{name} is a workbook of the old kind (.xls), or has a password.",
            mend="Save it as XLSX or CSV, without a password.",
        )
    if content.startswith(ZIP):
        return _from_workbook(name, content)
    return _from_text(name, content)


def _from_workbook(name: str, content: bytes) -> Table:
    try:
        sheet = read_workbook(content)
    except WorkbookError as error:
        where = "" if error.place is None else f"row {error.place[0]}, column {error.place[1]} "
        raise TableFileError(f"{name}: {where}{error.message}", mend=error.mend) from None
    notes: tuple[str, ...] = ()
    if sheet.others:
        left_out = ", ".join(visible(one) for one in sheet.others)
        notes = (f"only the first sheet, {visible(sheet.name)}, was read; left out: {left_out}.",)
    return _table(name, sheet.rows, "an XLSX workbook", notes, ragged=False)


def _from_text(name: str, content: bytes) -> Table:
    decoded = decode(content)
    if decoded is None:
        raise TableFileError(
            f"{name} is not UTF-8, UTF-16 or GB18030 text.", mend="Save it as 'CSV UTF-8'."
        )
    # A second mark stands where two programs each added one.
    text = decoded.text.lstrip("\ufeff")
    said = _SEP_LINE.match(text)
    if said is not None:
        text = text[said.end() :]
    separator = said[1] if said else _separator(text)
    records: list[list[str]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        records.extend(reader)
    except csv.Error as error:
        raise TableFileError(
            f"row {len(records) + 1}: is not valid CSV ({error}).",
            mend="Check the quotation marks.",
        ) from None
    named = SEPARATORS.get(separator, "separators of its own")
    form = f"CSV with {named}, {decoded.encoding.upper()}"
    return _table(name, records, form, (), ragged=True)


def _separator(text: str) -> str:
    """What stands most often between the heads; commas where there is only one column."""
    line = next((one for one in _QUOTED.sub("", text[:100_000]).splitlines() if one.strip()), "")
    return max(SEPARATORS, key=line.count)


def _table(
    name: str, records: Sequence[Sequence[str]], form: str, notes: tuple[str, ...], *, ragged: bool
) -> Table:
    """Heads and rows of equal width, checked. `ragged`: a row too short is a mistake."""
    filled = [place for place, cells in enumerate(records) if any(map(visible, cells))]
    if not filled:
        raise TableFileError(
            f"{name} is empty: it has no header row.", mend="Its first row must name the columns."
        )
    first = filled[0]
    widest = max(_width(records[place]) for place in filled)
    heads = [*records[first][: _width(records[first])]]
    if not ragged:
        heads += [""] * (widest - len(heads))
    _refuse_controls(records)
    rows: list[TableRow] = []
    mistakes: list[str] = []
    for number, cells in enumerate(records[first + 1 :], start=first + 2):
        if not cells and len(heads) > 1:
            continue
        fitted = _fitted(cells, len(heads), ragged=ragged)
        if fitted is None:
            mistakes.append(
                f"row {number}: has {len(cells)} cells where the header has {len(heads)}."
                f" Give every column a cell, or put text with {form.split()[2].rstrip(',')} in"
                " quotation marks."
            )
        else:
            rows.append(TableRow(number, fitted))
    if mistakes:
        raise TableFileError(*mistakes[:MOST_MISTAKES])
    return Table(name, tuple(heads), tuple(rows), first + 1, form, notes)


def _width(cells: Sequence[str]) -> int:
    """How many cells there are up to the last one that is not empty."""
    return max((place for place, cell in enumerate(cells, start=1) if visible(cell)), default=0)


def _fitted(cells: Sequence[str], width: int, *, ragged: bool) -> tuple[str, ...] | None:
    """The row as wide as the header: empty cells beyond it go. None where it does not fit."""
    if _width(cells) > width or (ragged and len(cells) < width and (cells or width > 1)):
        return None
    return (*cells[:width], *[""] * (width - len(cells)))


def _refuse_controls(records: Iterable[Sequence[str]]) -> None:
    found = [
        f"row {number}, column {place}: holds a control character. Delete it and save anew."
        for number, cells in enumerate(records, start=1)
        for place, cell in enumerate(cells, start=1)
        if has_control(cell)
    ]
    if found:
        raise TableFileError(*found[:MOST_MISTAKES])
