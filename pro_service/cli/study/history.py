"""`pro-service history import`: what participants answered in an earlier study, from a file."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Final

import typer

from pro_service.cli.options import ActorOption, DataOption, StudyOption
from pro_service.cli.runtime import Runtime, err, out, with_runtime
from pro_service.services.answering.history import (
    HistoryRefusedError,
    LookedHistory,
    PastFile,
    bring_history,
    look_at_history,
    past_rows_of,
)
from pro_service.services.answering.history.bringing import FATES
from pro_service.tables import read_table

history_app = typer.Typer(no_args_is_help=True, help="Answers of an earlier study.")
MOST_TOLD: Final = 50
"""Rows that are told one by one."""


@history_app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or XLSX, one row a sitting.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; goes into the record.")] = "",
    preview: Annotated[
        bool, typer.Option("--preview", help="Say what would become of each row; keep nothing.")
    ] = False,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Bring in what was answered in an earlier study: all rows or none, as `imported` sittings."""
    if not preview and not reason.strip():
        raise typer.BadParameter("Say why, with --reason.")

    async def work(runtime: Runtime) -> LookedHistory:
        found = await runtime.context.reader.study(runtime.connection, study)
        rows = past_rows_of(read_table(file), runtime.context.catalogue.instruments)
        brought = PastFile(file.name, hashlib.sha256(file.read_bytes()).hexdigest(), rows)
        place = (runtime.connection, runtime.context, found.id, brought)
        if preview:
            return await look_at_history(*place)
        try:
            return await bring_history(*place, reason=reason.strip(), actor=runtime.actor)
        except HistoryRefusedError as refused:
            return refused.looked

    _tell(with_runtime(data, actor, work), preview=preview)


def _tell(looked: LookedHistory, *, preview: bool) -> None:
    refused, alarming = looked.refused, looked.alarming
    for one in refused[:MOST_TOLD]:
        err.print(f"row {one.number}: {one.refused}", markup=False)
    if len(refused) > MOST_TOLD:
        err.print(f"... and {len(refused) - MOST_TOLD} more.", markup=False)
    said = ", ".join(
        [*(f"{looked.count(fate)} {fate}" for fate in FATES), f"{len(refused)} refused"]
    )
    if refused:
        err.print(f"Nothing was kept: {said}.", markup=False)
        raise typer.Exit(1)
    for one in alarming[:MOST_TOLD]:
        out.print(f"row {one.number}: would alarm today: {', '.join(one.alarming)}", markup=False)
    if alarming:
        out.print(
            f"{len(alarming)} rows would alarm if they were answered today. Nobody is told of them:"
            " they are of an earlier study.",
            markup=False,
        )
    if preview:
        out.print(f"{said}. A preview only: nothing was written.", markup=False)
    elif looked.count("new") + looked.count("changed"):
        out.print(f"Kept: {said}.", markup=False)
    else:
        out.print(f"Every sitting stands already: {said}. Nothing was written.", markup=False)
