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
from pro_service.domain.instruments.scoring import (
    ANSWERS_FIT_SMALLER_VERSION,
    ScaleScore,
    as_text,
    plausibility_warnings,
    score,
)
from pro_service.domain.instruments.values import AnswerRangeError, parse_cell, range_in_words

HEADER_ROW = 1
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
class AnswerTable:
    """A table as read: its rows are as wide as the header, numbered as a spreadsheet does."""

    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


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
            help="UTF-8, commas; one column per item code, an empty cell is a missing answer.",
        ),
    ],
    output: Annotated[
        Path | None, typer.Option("--output", help="Write here, not to standard output.")
    ] = None,
) -> None:
    """Append scores to a CSV of answers: each scale raw and 0-100, empty where not scorable."""
    try:
        scored = score_table(find_instrument(instrument), read_table(file))
        written = scored.text.encode()
        if output is None:
            typer.echo(written, nl=False)
        else:
            _write(output, written)
    except ProServiceError as error:
        for line in str(error).splitlines():
            typer.echo(f"error: {line}", err=True)
        raise typer.Exit(1) from error
    for warning in scored.warnings:
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


def read_table(path: Path) -> AnswerTable:
    """Read a CSV file whole; AnswerTableError for what is not a table with a header."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise AnswerTableError([f"{path} cannot be read ({_reason(error)})."]) from error
    except UnicodeDecodeError as error:
        line = f"{path} is not UTF-8 text. Save it as 'CSV UTF-8'."
        raise AnswerTableError([line]) from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    records: list[list[str]] = []
    try:
        records.extend(reader)
    except csv.Error as error:
        line = f"row {len(records) + 1}: is not valid CSV ({error}). Check the quotation marks."
        raise AnswerTableError([line]) from error
    if not records or not any(name.strip() for name in records[0]):
        line = f"{path} has no header row. Its first row must name the columns."
        raise AnswerTableError([line])
    return _rectangular(records)


def score_table(instrument: Instrument, table: AnswerTable) -> ScoredTable:
    """Score every row or none.

    Raises AnswerTableError naming every bad cell by row (the header is row 1) and column.
    """
    places = _item_places(instrument, table.header)
    mistakes: list[str] = []
    warnings: list[str] = []
    if not instrument.results:
        warnings.append(f"{instrument.id} has no scales: answers were checked, nothing is added.")
    outputs: list[Sequence[str]] = [(*table.header, *_new_columns(instrument, table.header))]
    for number, cells in table.rows:
        answers: dict[str, int | None] = {}
        for item, place in places:
            try:
                answers[item.code] = parse_cell(item, cells[place])
            except AnswerRangeError:
                mistakes.append(
                    f"row {number}, column {item.code}: is not {range_in_words(item)}. "
                    "Give one, or leave the cell empty."
                )
        if not mistakes:
            outputs.append((*cells, *_score_cells(instrument, score(instrument, answers))))
            found = plausibility_warnings(instrument, answers)
            warnings.extend(f"row {number}: {WARNINGS[key]}" for key in found)
    if mistakes:
        raise AnswerTableError(mistakes)
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\n").writerows(outputs)
    return ScoredTable(text=buffer.getvalue(), warnings=tuple(warnings))


def _rectangular(records: list[list[str]]) -> AnswerTable:
    """Number the rows and demand the header's width of each.

    A blank line is nothing in a wide table, but in a table of one column it is an empty cell.
    """
    header = records[0]
    rows: list[tuple[int, tuple[str, ...]]] = []
    mistakes: list[str] = []
    for number, cells in enumerate(records[1:], start=HEADER_ROW + 1):
        if not cells and len(header) > 1:
            continue
        filled = tuple(cells) or ("",)
        if len(filled) == len(header):
            rows.append((number, filled))
        else:
            mistakes.append(
                f"row {number}: has {len(filled)} cells where the header has {len(header)}. "
                "Add or remove commas, or put text with commas in quotation marks."
            )
    if mistakes:
        raise AnswerTableError(mistakes)
    return AnswerTable(header=tuple(header), rows=tuple(rows))


def _item_places(instrument: Instrument, header: Sequence[str]) -> list[tuple[Item, int]]:
    """Find each item's column; AnswerTableError names every absent and every doubled one."""
    names = [name.strip() for name in header]
    mistakes = [
        f"row {HEADER_ROW}: column {name} stands {names.count(name)} times. Keep one."
        for name in dict.fromkeys(names)
        if name and names.count(name) > 1
    ]
    absent = [item.code for item in instrument.items if item.code not in names]
    if absent:
        mend = "Add what is absent; its cells may be empty."
        if _looks_undivided(names):
            mend = "Separate the columns with commas."
        mistakes.append(f"row {HEADER_ROW}: no column {', '.join(absent)}. {mend}")
    if mistakes:
        raise AnswerTableError(mistakes)
    return [(item, names.index(item.code)) for item in instrument.items]


def _looks_undivided(names: Sequence[str]) -> bool:
    return len(names) == 1 and (";" in names[0] or "\t" in names[0])


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


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise AnswerTableError([f"{path} cannot be written ({_reason(error)})."]) from error


def _reason(error: OSError) -> str:
    return error.strerror or "unknown reason"
