"""The rows of a file of values, cell by cell, whatever language and spelling they are in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Final, NamedTuple

from pro_service.domain.measures.heads import GAP_WORDS, MEASURE_HEADS, NEEDED
from pro_service.domain.measures.taking import Column, Refused
from pro_service.domain.measures.values import THE_READ, Gap
from pro_service.domain.study.facts import Target
from pro_service.domain.tables.cells import (
    YES_NO,
    CellError,
    fold_word,
    is_missing,
    read_knees,
    read_whole,
)
from pro_service.domain.tables.characters import same_hyphens, visible
from pro_service.domain.tables.days import read_day
from pro_service.domain.tables.heads import fold_head, head_problems, known_heads
from pro_service.tables import Table, TableFileError

MOST_READS: Final = 99
_LONGEST: Final = 64
_UID: Final = frozenset("0123456789.")
Cells = Mapping[str, str]
"""One row: each cell by its column."""


class ReadRow(NamedTuple):
    """A row as it was read: what it says, before anything is known of the participant."""

    number: int
    code: str
    measure: str
    target: Target | None
    region: str | None
    layer: str | None
    visit: str
    """As it stands in the file; empty: the day tells."""
    measured_on: date
    value: Decimal | None
    gap: Gap | None
    reader: str | None
    read_number: int
    scanner: str | None
    field_strength: Decimal | None
    study_uid: str | None
    reason: str


def measure_rows_of(table: Table) -> list[tuple[int, Cells]]:
    """Each row that is not empty, with its number and its cells by column.

    Raises TableFileError for a column that lacks, stands twice or is not known.
    """
    known = known_heads(MEASURE_HEADS)
    columns = [known.get(fold_head(head)) for head in table.heads]
    unknown = [
        visible(head)[:40]
        for head, column in zip(table.heads, columns, strict=True)
        if column is None and visible(head)
    ]
    missing = [name for name in NEEDED if name not in columns]
    said = [f"lacks the column(s) {', '.join(missing)}"] if missing else []
    said += [f"has unknown column(s) {', '.join(unknown)}"] if unknown else []
    doubled = head_problems(table.heads, columns)
    if said or doubled:
        heads = [f"{table.name} {' and '.join(said)}; it was read as {table.form}."] if said else []
        raise TableFileError(
            " ".join([*heads, *doubled]), mend=f"Its columns: {', '.join(MEASURE_HEADS)}."
        )
    return [
        (
            row.number,
            {
                name: cell
                for name, cell in zip(columns, row.cells, strict=True)
                if name is not None and cell
            },
        )
        for row in table.rows
        if any(map(visible, row.cells))
    ]


class _CellRefusedError(CellError):
    """A cell of a row is not what its column holds."""

    def __init__(self, refused: Refused) -> None:
        super().__init__()
        self.refused = refused


def read_row(number: int, cells: Cells) -> ReadRow | Refused:
    """What a row says, or the first cell that cannot be read."""
    try:
        return ReadRow(
            number=number,
            code=_needed(cells, "participant"),
            measure=_needed(cells, "measure").lower(),
            target=_knee(cells.get("knee", "")),
            region=_optional(cells, "region"),
            layer=_optional(cells, "layer"),
            visit=visible(cells.get("visit", "")),
            measured_on=_day(_needed(cells, "exam_on")),
            value=_value(cells.get("value", "")),
            gap=_gap(cells.get("missing", "")),
            reader=_optional(cells, "reader"),
            read_number=_read_number(cells.get("read_number", "")),
            scanner=_optional(cells, "scanner"),
            field_strength=_tesla(cells.get("field_strength", "")),
            study_uid=_uid(cells.get("study_uid", "")),
            reason=cells.get("reason", "").strip(),
        )
    except _CellRefusedError as error:
        return error.refused


def _refuse(word: str, column: Column) -> _CellRefusedError:
    return _CellRefusedError(Refused(word, column))


def _needed(cells: Cells, column: Column) -> str:
    found = visible(cells.get(column, ""))
    if not found:
        raise _refuse("cell_empty", column)
    return found


def _optional(cells: Cells, column: Column) -> str | None:
    text = cells.get(column, "")
    if is_missing(text):
        return None
    found = visible(text)
    if len(found) > _LONGEST:
        raise _refuse("cell_long", column)
    return found


@lru_cache(maxsize=4096)
def _day(text: str) -> date:
    try:
        return read_day(text)
    except CellError:
        raise _refuse("cell_day", "exam_on") from None


@lru_cache(maxsize=256)
def _knee(text: str) -> Target | None:
    if is_missing(text):
        return None
    if fold_word(text) in ("person", "人"):
        return "person"
    try:
        knees = read_knees(text)
    except CellError:
        raise _refuse("cell_knee", "knee") from None
    if len(knees) > 1:
        raise _refuse("cell_knee", "knee")
    return knees[0]


@lru_cache(maxsize=4096)
def _value(text: str) -> Decimal | None:
    if is_missing(text):
        return None
    word = fold_word(text)
    if word in YES_NO and not word.isdecimal():
        return Decimal(int(YES_NO[word]))
    return _decimal(text, "value")


def _decimal(text: str, column: Column) -> Decimal:
    """A number with a point, as people and programs write it; 1.2E+03 has lost its digits."""
    shown = same_hyphens(visible(text))
    try:
        found = Decimal(shown)
    except InvalidOperation:
        raise _refuse("cell_number", column) from None
    if not found.is_finite() or "e" in shown.casefold() or len(shown) > 20:
        raise _refuse("cell_number", column)
    return found


@lru_cache(maxsize=256)
def _gap(text: str) -> Gap | None:
    if is_missing(text):
        return None
    found = GAP_WORDS.get(fold_word(text))
    if found is None:
        raise _refuse("cell_missing", "missing")
    return found


@lru_cache(maxsize=256)
def _read_number(text: str) -> int:
    try:
        number = read_whole(text)
    except CellError:
        raise _refuse("cell_read_number", "read_number") from None
    if number is None:
        return THE_READ
    if not 0 <= number <= MOST_READS:
        raise _refuse("cell_read_number", "read_number")
    return number


@lru_cache(maxsize=256)
def _tesla(text: str) -> Decimal | None:
    if is_missing(text):
        return None
    found = _decimal(visible(text).rstrip("Tt").strip(), "field_strength")
    if not 0 < found < 30:
        raise _refuse("cell_number", "field_strength")
    return found


def _uid(text: str) -> str | None:
    if is_missing(text):
        return None
    found = visible(text)
    if len(found) > _LONGEST or not _UID.issuperset(found):
        raise _refuse("cell_uid", "study_uid")
    return found
