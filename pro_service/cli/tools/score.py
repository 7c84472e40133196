"""`pro-service score`: score a table of answers with the service's own rules."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from pro_service.catalog.instrument_files import SUFFIX, load_instrument_file, load_instruments
from pro_service.domain.errors import ProServiceError
from pro_service.domain.instruments.model import Instrument, Item
from pro_service.domain.instruments.numbers import Value, plain
from pro_service.domain.instruments.scoring import (
    ANSWERS_FIT_SMALLER_VERSION,
    ScaleScore,
    as_text,
    plausibility_warnings,
    score,
)
from pro_service.domain.instruments.values import AnswerRangeError, check_value, range_in_words
from pro_service.domain.tables.cells import SHORTENED, CellError, read_number, read_whole
from pro_service.domain.tables.heads import fold_head, head_problems, known_heads
from pro_service.tables import Table, csv_bytes, read_table, write_csv

NORMALISED_SUFFIX = "_0_100"
COLLISION_SUFFIX = "_score"

WARNINGS = {
    ANSWERS_FIT_SMALLER_VERSION: (
        "every answer would also fit a version with a smaller range. "
        "Check which version was asked; the row is scored as given."
    )
}


class AnswerTableError(ProServiceError):
    """The table of answers cannot be scored.

    `mistakes` has one line for each, with its place and its mend; no line repeats a cell.
    """

    def __init__(self, mistakes: Iterable[str]) -> None:
        """Join the mistakes into one message, a line each."""
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(self.mistakes))


@dataclass(frozen=True, slots=True)
class ScoredTable:
    """The whole output as CSV text, and the warnings, one line each."""

    text: str
    warnings: tuple[str, ...]


def register(app: typer.Typer) -> None:
    """Add the command `score` to `app`."""
    app.command("score")(score_command)


def score_command(
    instrument: Annotated[
        str,
        typer.Argument(
            metavar="INSTRUMENT",
            help="Id of the instrument (womac-nrs-3.1 ...), or its .toml file.",
        ),
    ],
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE.csv",
            help="CSV of any kind, or XLSX; one column per item code. Empty, NA and . are missing.",
        ),
    ],
    output: Annotated[
        Path | None, typer.Option("--output", help="Write here, not to standard output.")
    ] = None,
) -> None:
    """Append scores to a CSV of answers: each scale raw and 0-100, empty where not scorable."""
    try:
        table = read_table(file)
        scored = score_table(find_instrument(instrument), table)
        if output is None:
            typer.echo(csv_bytes(scored.text), nl=False)
        else:
            write_csv(output, scored.text)
    except ProServiceError as error:
        for line in str(error).splitlines():
            typer.echo(f"error: {line}", err=True)
        raise typer.Exit(1) from error
    for warning in (*table.notes, *scored.warnings):
        typer.echo(f"warning: {warning}", err=True)


def find_instrument(instrument_id: str) -> Instrument:
    """Return the instrument with this id, or in this file.

    Raises AnswerTableError, and InstrumentFileError for a file with mistakes.
    """
    if instrument_id.endswith(SUFFIX):
        return load_instrument_file(Path(instrument_id))
    known = load_instruments()
    if instrument_id not in known:
        ids = ", ".join(known)
        raise AnswerTableError([f"There is no instrument {instrument_id}. Use one of: {ids}."])
    return known[instrument_id]


def score_table(instrument: Instrument, table: Table) -> ScoredTable:
    """Score every row or none.

    Raises AnswerTableError naming every bad cell by row (the header is row 1) and column.
    """
    places = _item_places(instrument, table)
    mistakes: list[str] = []
    warnings: list[str] = []
    if not instrument.results:
        warnings.append(f"{instrument.id} has no scales: answers were checked, nothing is added.")
    outputs: list[Sequence[str]] = [(*table.heads, *_new_columns(instrument, table.heads))]
    for number, cells in table.rows:
        answers: dict[str, Value | None] = {}
        for item, place in places:
            try:
                answers[item.code] = _answer(item, cells[place])
            except AnswerRangeError:
                mistakes.append(
                    f"row {number}, column {item.code}: is not {range_in_words(item)}. "
                    "Give one, or leave the cell empty."
                )
            except CellError as error:
                mistakes.append(f"row {number}, column {item.code}: {error.message}")
        if not mistakes:
            outputs.append((*cells, *_score_cells(instrument, score(instrument, answers))))
            found = plausibility_warnings(instrument, answers)
            warnings.extend(f"row {number}: {WARNINGS[key]}" for key in found)
    if mistakes:
        raise AnswerTableError(mistakes)
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\n").writerows(outputs)
    return ScoredTable(text=buffer.getvalue(), warnings=tuple(warnings))


def _answer(item: Item, cell: str) -> Value | None:
    """One answer; None where it is missing. Raises AnswerRangeError, and CellError for lost digits.

    Nothing is rounded, and no number means that there is none: 99 is out of range.
    """
    try:
        value = read_number(cell) if item.decimals else read_whole(cell)
    except CellError as error:
        if error.message == SHORTENED:
            raise
        raise AnswerRangeError(item) from None
    if value is None:
        return None
    check_value(item, value)
    return plain(value)


def _item_places(instrument: Instrument, table: Table) -> list[tuple[Item, int]]:
    """Find each item's column by its code or label, in whatever spelling.

    AnswerTableError names every absent and every doubled one.
    """
    known = known_heads({item.code: item.label.values() for item in instrument.items})
    codes = {item.code: item.code for item in instrument.items}
    columns = [codes.get(head.strip()) or known.get(fold_head(head)) for head in table.heads]
    mistakes = [f"row {table.head_row}: {one}" for one in head_problems(table.heads, columns)]
    absent = [code for code in codes if code not in columns]
    if absent:
        mistakes.append(
            f"row {table.head_row}: no column {', '.join(absent)}; the file was read as"
            f" {table.form}. Add what is absent; its cells may be empty."
        )
    if mistakes:
        raise AnswerTableError(mistakes)
    return [(item, columns.index(item.code)) for item in instrument.items]


def _new_columns(instrument: Instrument, header: Sequence[str]) -> Iterator[str]:
    """Name the columns to append; a name that is taken gets `_score` until it is free."""
    taken = {name.strip() for name in header}
    for scored in instrument.results:
        names = (scored.code, scored.code + NORMALISED_SUFFIX)
        for name in names if scored.normalisation == "0-100" else names[:1]:
            while name in taken:
                name += COLLISION_SUFFIX
            taken.add(name)
            yield name


def _score_cells(instrument: Instrument, scores: Iterable[ScaleScore]) -> Iterator[str]:
    for scored, each in zip(instrument.results, scores, strict=True):
        yield "" if each.raw is None else as_text(each.raw)
        if scored.normalisation == "0-100":
            yield "" if each.normalised is None else as_text(each.normalised)
