"""`pro-service export --csv DIR`: scores, items and endpoints, with code book and check sums."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from pro_service.cli.options import ActorOption, DataOption, StudyOption
from pro_service.cli.runtime import Runtime, err, out, with_runtime
from pro_service.services.exports.export import export
from pro_service.services.exports.files import ABOUT
from pro_service.services.exports.instants import read_instant


def export_command(
    folder: Annotated[
        Path, typer.Option("--csv", metavar="DIR", help="A new or empty folder for the tables.")
    ],
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
    """Write a study's data as CSV: one snapshot, all of it or nothing."""
    if as_of is not None and cut is not None:
        raise typer.BadParameter(
            "a cut has its own instant; give one of the two", param_hint="--cut"
        )

    async def work(runtime: Runtime) -> dict[str, int]:
        found = await runtime.context.reader.study(runtime.connection, study)
        with Progress(console=err, transient=True) as progress:
            task = progress.add_task("Exporting", total=None)
            return await export(
                runtime.connection,
                runtime.context,
                found,
                folder,
                as_of=None if as_of is None else read_instant(as_of),
                cut=cut,
                told=lambda done, of: progress.update(task, completed=done, total=of),
            )

    counts = with_runtime(data, actor, work)
    for name, count in counts.items():
        out.print(f"{count:>8} rows in {folder / name}.csv", highlight=False)
    about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    plan = about["analysis_plan"]
    out.print(f"Endpoints by: {plan['label'] or plan['note']}.", markup=False)
    out.print(f"Check them with: cd {folder} && sha256sum -c SHA256SUMS")
