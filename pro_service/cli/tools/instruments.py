"""`pro-service instrument`: an instrument's file looked over, or drafted of another program's."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pro_service.catalog.instrument_files import (
    SUFFIX,
    InstrumentFileError,
    load_instrument_file,
)
from pro_service.catalog.redcap import Dictionary, DictionaryError, draft_of
from pro_service.tables import TableFileError, read_table

instrument_app = typer.Typer(no_args_is_help=True, help="Instruments, as data.")


@instrument_app.callback()
def _instrument() -> None:
    """Instruments, as data."""


@instrument_app.command("check")
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE.toml", help="The instrument's file.")],
) -> None:
    """Say everything that is wrong with an instrument's file, a line each."""
    try:
        instrument = load_instrument_file(file)
    except InstrumentFileError as error:
        for line in str(error).splitlines():
            typer.echo(f"error: {line}", err=True)
        raise typer.Exit(1) from error
    scored = ", ".join(result.code for result in instrument.results) or "nothing"
    items = len(instrument.items)
    typer.echo(f"{instrument.id} {instrument.version} is right: {items} items, scores {scored}.")


@instrument_app.command("from-redcap")
def from_redcap(
    file: Annotated[
        Path, typer.Argument(metavar="FILE.csv", help="A data dictionary, as REDCap saves it.")
    ],
    form: Annotated[
        str | None, typer.Option("--form", help="The form to take, where there are several.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for the draft; standard output without it.")
    ] = None,
) -> None:
    """Draft an instrument of one form of a REDCap data dictionary; say what is not in it."""
    try:
        table = read_table(file)
        rows = [row.cells for row in table.rows]
        draft = draft_of(Dictionary(table.name, table.heads, rows), form)
        if out is None:
            typer.echo(draft.text, nl=False)
        else:
            place = out / f"{draft.id}{SUFFIX}"
            with place.open("x", encoding="utf-8") as made:
                made.write(draft.text)
            typer.echo(
                f"{place} has {draft.items} questions. `pro-service instrument check {place}` says "
                "what to fill in."
            )
    except (DictionaryError, TableFileError) as error:
        for line in str(error).splitlines():
            typer.echo(f"error: {line}", err=True)
        raise typer.Exit(1) from error
    except OSError as error:
        reason = error.strerror or "unknown reason"
        typer.echo(f"error: {error.filename} cannot be written ({reason}).", err=True)
        raise typer.Exit(1) from error
    for one in draft.left:
        typer.echo(f"not taken: {one.field} {one.why}.", err=True)
