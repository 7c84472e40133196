"""The rows of a file of an earlier study: a sitting a row, a column an item."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final, NamedTuple

from pro_service.domain.instruments.model import Instrument
from pro_service.domain.instruments.numbers import Value, plain
from pro_service.domain.instruments.values import AnswerRangeError, check_value
from pro_service.domain.study.facts import Target
from pro_service.domain.study.respondents import SELF, Respondent, read_respondent
from pro_service.domain.tables.cells import CellError, is_missing, read_knees, read_number
from pro_service.domain.tables.characters import visible
from pro_service.domain.tables.days import read_day
from pro_service.domain.tables.heads import fold_head, head_problems, known_heads
from pro_service.tables import Table, TableFileError

Cells = Mapping[str, str]
"""One row: each cell by its column."""
HEADS: Final[Mapping[str, tuple[str, ...]]] = {
    "participant": ("code", "participant code", "编号", "参与者编号", "受试者编号"),
    "instrument": ("questionnaire", "问卷", "量表"),
    "knee": ("side", "laterality", "膝", "膝关节", "侧别"),
    "answered_on": ("date", "answered on", "day", "日期", "作答日期"),
    "respondent": ("who answered", "作答者"),
}
"""The columns beside those of items."""
NEEDED: Final = ("participant", "instrument", "answered_on")


class PastRow(NamedTuple):
    """What a row says, before anything is known of the participant."""

    code: str
    instrument: Instrument
    target: Target
    answered_on: date
    respondent: Respondent
    answers: dict[str, Value]


class RowRefusedError(CellError):
    """A row cannot be taken: the column, and why."""

    def __init__(self, column: str, why: str) -> None:
        """`why` ends the sentence that begins with the column."""
        super().__init__(f"{column} {why}")


def past_rows_of(table: Table, instruments: Mapping[str, Instrument]) -> list[tuple[int, Cells]]:
    """Each row that is not empty, with its number and its cells by column.

    Raises TableFileError for a column that lacks, stands twice or is not known.
    """
    items = {item.code for one in instruments.values() for item in one.items}
    known = known_heads({**dict.fromkeys(sorted(items), ()), **HEADS})
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
        heads = [f"{table.name} {' and '.join(said)}."] if said else []
        raise TableFileError(
            " ".join([*heads, *doubled]),
            mend=f"Its columns: {', '.join(HEADS)}, and one for each item by its code"
            " (`pro-service instrument list`).",
        )
    return [
        (
            row.number,
            {
                name: cell
                for name, cell in zip(columns, row.cells, strict=True)
                if name is not None and visible(cell)
            },
        )
        for row in table.rows
        if any(map(visible, row.cells))
    ]


def read_past_row(cells: Cells, instruments: Mapping[str, Instrument]) -> PastRow:
    """What a row says. Raises RowRefusedError for the first cell that cannot be read."""
    code = _needed(cells, "participant")
    instrument = instruments.get(_needed(cells, "instrument").lower())
    if instrument is None:
        raise RowRefusedError("instrument", f"is not one of {', '.join(sorted(instruments))}.")
    try:
        answered_on = read_day(_needed(cells, "answered_on"))
    except CellError as error:
        raise RowRefusedError("answered_on", error.message) from None
    return PastRow(
        code,
        instrument,
        _target(cells.get("knee", "")),
        answered_on,
        _respondent(cells.get("respondent", "")),
        _answers(cells, instrument),
    )


def _needed(cells: Cells, column: str) -> str:
    found = visible(cells.get(column, ""))
    if not found:
        raise RowRefusedError(column, "is empty.")
    return found


def _target(text: str) -> Target:
    if not visible(text):
        return "person"
    try:
        knees = read_knees(text)
    except CellError as error:
        raise RowRefusedError("knee", error.message) from None
    if len(knees) > 1:
        raise RowRefusedError("knee", "is not one knee. Give each a row of its own.")
    return knees[0]


def _respondent(text: str) -> Respondent:
    if not visible(text):
        return SELF
    found = read_respondent(visible(text).lower())
    if found is None:
        raise RowRefusedError(
            "respondent", "is not self, self_with_reader or proxy.<relation>, as proxy.spouse."
        )
    return found


def _answers(cells: Cells, instrument: Instrument) -> dict[str, Value]:
    found: dict[str, Value] = {}
    codes = {item.code for item in instrument.items}
    for column, cell in cells.items():
        if column in HEADS or is_missing(cell):
            continue
        if column not in codes:
            raise RowRefusedError(column, f"is no item of {instrument.id}. Leave it empty.")
        item = instrument.item(column)
        try:
            number = read_number(cell)
            if number is None:
                continue
            value = plain(number)
            check_value(item, value)
        except CellError as error:
            raise RowRefusedError(column, error.message) from None
        except AnswerRangeError:
            raise RowRefusedError(
                column, f"is outside {item.minimum} to {item.maximum}, or between its steps."
            ) from None
        found[column] = value
    if not found:
        raise RowRefusedError("the row", "has no answer.")
    return found
