"""`pro-service export --as csv,xlsx --out DIR`: every table, with code book and check sums."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from pro_service.cli.options import ActorOption, DataOption, StudyOption
from pro_service.cli.runtime import OPERATOR, Runtime, err, out, with_runtime
from pro_service.config import Settings, open_vault
from pro_service.parts import make_context
from pro_service.services.base.context import ServiceContext
from pro_service.services.exports.choosing import choose_formats, choose_tables, listed_formats
from pro_service.services.exports.export import Wanted, export
from pro_service.services.exports.files import ABOUT
from pro_service.services.exports.halves import Second, collect_seldom
from pro_service.services.exports.instants import read_instant
from pro_service.store.pools import connect

FreeTextOption = Annotated[
    bool,
    typer.Option(
        "--free-text",
        help="The table `words` as well: notes, and texts somebody had to read; where the protocol"
        " lets them leave.",
    ),
]


def export_command(
    out_folder: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="A new or empty folder for the files."),
    ] = None,
    formats: Annotated[
        str,
        typer.Option(
            "--as",
            metavar="FORMATS",
            help="csv, xlsx, odm, dataset-json, xpt, sav, dta, parquet, fhir: with commas.",
        ),
    ] = "csv",
    tables: Annotated[
        str | None,
        typer.Option("--tables", metavar="NAMES", help="Tables, with commas; else every one."),
    ] = None,
    free_text: FreeTextOption = False,
    csv_folder: Annotated[
        Path | None,
        typer.Option("--csv", metavar="DIR", help="The same as --as csv --out DIR."),
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of",
            metavar="INSTANT",
            help="What was known then, for example 2026-12-01T08:00:00+08:00; else now.",
        ),
    ] = None,
    cut: Annotated[
        str | None,
        typer.Option("--cut", metavar="NAME", help="A data cut, as of its instant (`cut list`)."),
    ] = None,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Write a study's data in any of nine formats: one snapshot, all of it or nothing."""
    folder = _one_folder(out_folder, csv_folder, formats)
    _one_instant(as_of, cut)

    async def work(runtime: Runtime) -> dict[str, int]:
        wanted = _wanted(formats, choose_tables(tables, free_text=free_text), runtime)
        collect_seldom()
        with Progress(console=err, transient=True) as progress:
            task = progress.add_task("Exporting", total=None)
            return await export(
                runtime.connection,
                runtime.context,
                await runtime.context.reader.study(runtime.connection, study),
                folder,
                as_of=None if as_of is None else read_instant(as_of),
                cut=cut,
                wanted=wanted,
                told=lambda done, of: progress.update(task, completed=done, total=of),
                second=_second(runtime),
            )

    _tell(folder, with_runtime(data, actor, work))


def _second(runtime: Runtime) -> Second | None:
    """How a second process helps, where it has a core for itself."""
    if (os.cpu_count() or 1) < 2:
        return None
    carried = partial(connect, runtime.url, role=OPERATOR, actor=runtime.actor)
    return Second(carried, partial(_context, runtime.settings))


def _context(settings: Settings) -> ServiceContext:
    return make_context(settings, open_vault(settings))


def _wanted(formats: str, chosen: frozenset[str], runtime: Runtime) -> Wanted:
    neutral = runtime.context.catalogue.neutral_instruments
    writers = choose_formats(formats, chosen, neutral)
    return Wanted(tables=chosen, formats=listed_formats(formats), writers=writers)


def _one_folder(out_folder: Path | None, csv_folder: Path | None, formats: str) -> Path:
    folder = out_folder or csv_folder
    if folder is None or (csv_folder is not None and (out_folder is not None or formats != "csv")):
        raise typer.BadParameter(
            "name one folder: --out DIR, or --csv DIR for CSV alone", param_hint="--out"
        )
    return folder


def _one_instant(as_of: str | None, cut: str | None) -> None:
    if as_of is not None and cut is not None:
        raise typer.BadParameter(
            "a cut has its own instant; give one of the two", param_hint="--cut"
        )


def _tell(folder: Path, counts: Mapping[str, int]) -> None:
    for name, count in counts.items():
        out.print(f"{count:>8} rows of {name}", highlight=False)
    written = sorted(path.name for path in folder.iterdir())
    out.print(f"In {folder}: {', '.join(written)}", markup=False, highlight=False)
    about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    plan = about["analysis_plan"]
    out.print(f"Endpoints by: {plan['label'] or plan['note']}.", markup=False)
    out.print(f"Check them with: cd {folder} && sha256sum -c SHA256SUMS")
