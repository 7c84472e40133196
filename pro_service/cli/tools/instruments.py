"""`pro-service instrument check`: everything wrong with an instrument's file, with its key."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pro_service.catalog.instrument_files import InstrumentFileError, load_instrument_file

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
