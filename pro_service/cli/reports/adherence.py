"""`pro-service adherence`: who answered what, and the two figures with what they are made of."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Column, Table

from pro_service.cli.options import ActorOption, DataOption, StudyOption
from pro_service.cli.runtime import Runtime, err, out, with_runtime
from pro_service.domain.study.adherence import Adherence
from pro_service.domain.study.assessments import AssessmentState, taken_together
from pro_service.services.exports.adherence import AdherenceReport, report
from pro_service.store.base.data_out import TakenOut, insert_data_out
from pro_service.tables import TableFileError, csv_bytes, write_csv
from pro_service.texts.catalogue import Texts, load_texts


@cache
def _texts() -> Texts:
    return load_texts("desk")


def letter(state: AssessmentState) -> str:
    """The letter of a state, as the desk says it too."""
    return _texts().text(f"desk.letter.{state}", "en")


def mark(states: Sequence[AssessmentState] | None) -> str:
    """One letter for a visit: all it asks taken together, as everywhere."""
    return letter(taken_together(states)) if states else " "


def print_participants(result: AdherenceReport) -> None:
    """Participants x visits, a letter each, the visits numbered and named below."""
    whole = [Column(str(n + 1), no_wrap=True) for n in _numbers(result)]
    table = Table(
        *(Column("code", no_wrap=True), Column("site", no_wrap=True)),
        *(Column("status", overflow="fold"), *whole),
        box=None,
        padding=(0, 1, 0, 0),
    )
    for row in result.rows:
        cells = (mark(row.visits.get(name)) for name in result.definitions)
        table.add_row(row.code, row.site, row.status.replace("_", " "), *cells)
    out.print(table)
    _print_wrapped(f"{n + 1} {result.definitions[n]}" for n in _numbers(result))
    _print_wrapped(
        f"{letter(state)} {_texts().text(f'desk.state.{state}', 'en')}" for state in AssessmentState
    )


def _print_wrapped(entries: Iterable[str]) -> None:
    """Entries beside each other, as many to a line as fit, and none of them broken."""
    lines = [""]
    for entry in entries:
        if lines[-1] and len(lines[-1]) + len(entry) + 2 > out.width:
            lines.append("")
        lines[-1] += f"  {entry}" if lines[-1] else entry
    out.print("\n".join(lines), markup=False)


def _numbers(result: AdherenceReport) -> range:
    return range(len(result.definitions))


def percent(share: Fraction | None) -> str:
    """A share with one decimal, half-up; a dash where there is no denominator."""
    if share is None:
        return "-"
    tenths = int(share * 1000 + Fraction(1, 2))
    return f"{tenths // 10}.{tenths % 10} %"


def figures_table(figures: tuple[Adherence, ...]) -> Table:
    """Both figures by visit and site."""
    table = Table(
        *(Column(name, no_wrap=True) for name in ("visit", "site")),
        *("completed in window", Column("%", no_wrap=True), "with help", "not sent", "available"),
        Column("%", no_wrap=True),
        box=None,
        padding=(0, 1, 0, 0),
    )
    for row in figures:
        table.add_row(
            row.definition,
            row.site,
            f"{row.completed_in_window} / {row.expected_and_closed}",
            percent(row.completion),
            str(row.helped),
            str(row.unsent),
            f"{row.scorable} / {row.enrolled}",
            percent(row.available),
        )
    return table


def adherence_command(
    as_csv: Annotated[
        bool, typer.Option("--csv", help="Print participants x visits as one CSV table.")
    ] = False,
    figures: Annotated[
        Path | None,
        typer.Option(
            "--figures", metavar="FILE", help="Write completion and availability there, as CSV."
        ),
    ] = None,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Print participants x visits, and completion and availability per visit and site."""

    async def work(runtime: Runtime) -> AdherenceReport:
        found = await runtime.context.reader.study(runtime.connection, study)
        result = await report(runtime.connection, runtime.context, found.id)
        taken = [TakenOut("adherence figures", "", len(result.figures))] if figures else []
        taken += [TakenOut("adherence", "", len(result.rows))] if as_csv else []
        for one in taken:
            await insert_data_out(runtime.connection, found.id, one)
        return result

    result = with_runtime(data, actor, work)
    if figures is not None:
        _write(figures, _figures_csv(result))
    if as_csv:
        typer.echo(csv_bytes(_participants_csv(result)), nl=False)
    elif figures is None:
        print_participants(result)
        out.print(figures_table(result.figures))


def _write(path: Path, text: str) -> None:
    try:
        write_csv(path, text)
    except TableFileError as error:
        err.print(f"error: {error}", markup=False)
        raise typer.Exit(1) from None


def _participants_csv(result: AdherenceReport) -> str:
    rows = [["participant", "site", "status", *result.definitions]]
    for row in result.rows:
        states = (row.visits.get(name) for name in result.definitions)
        cells = (str(taken_together(one)) if one else "" for one in states)
        rows.append([row.code, row.site, row.status, *cells])
    return _csv(rows)


def _figures_csv(result: AdherenceReport) -> str:
    counts = ("completed_in_window", "expected_and_closed", "unsent", "scorable", "enrolled")
    heads = ("visit", "site", *counts, "by_themselves", "with_help")
    return _csv([heads, *([str(cell) for cell in _cells(one)] for one in result.figures)])


def _cells(figure: Adherence) -> tuple[str | int, ...]:
    return (
        figure.definition,
        figure.site,
        figure.completed_in_window,
        figure.expected_and_closed,
        figure.unsent,
        figure.scorable,
        figure.enrolled,
        figure.by_themselves,
        figure.helped,
    )


def _csv(rows: Iterable[Sequence[str]]) -> str:
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue()
