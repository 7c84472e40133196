"""`allocation load`: who was given what, from a file, sealed; nothing of it is ever printed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pro_service.cli.options import ActorOption, DataOption, ReasonOption, StudyOption
from pro_service.cli.runtime import Runtime, err, out, with_runtime
from pro_service.services.record.allocating import (
    AllocationFileError,
    check_allocations,
    load_allocations,
)
from pro_service.tables import read_table

allocation_app = typer.Typer(no_args_is_help=True, help="Who was given what, sealed.")


@allocation_app.callback()
def whole() -> None:
    """A group even while it has one command."""


@allocation_app.command("load")
def load(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV or XLSX with the columns participant, arm.")
    ],
    holder: Annotated[
        str,
        typer.Option("--by", metavar="LOGIN", help="The holder on whose word it is."),
    ],
    reason: ReasonOption,
    preview: Annotated[
        bool, typer.Option("--preview", help="Check the file; keep nothing.")
    ] = False,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Keep the arms of a file, sealed: every row is checked first, then all or none."""

    async def work(runtime: Runtime) -> int | AllocationFileError:
        found = await runtime.context.reader.study(runtime.connection, study)
        table = read_table(file)
        try:
            rows = await check_allocations(runtime.connection, found.id, table, holder)
        except AllocationFileError as refused:
            return refused
        if not preview:
            await load_allocations(
                runtime.connection,
                runtime.context,
                found.id,
                rows,
                holder=holder,
                actor=runtime.actor,
                reason=reason,
            )
        return len(rows)

    done = with_runtime(data, actor, work)
    if isinstance(done, AllocationFileError):
        for problem in done.problems:
            err.print(problem, markup=False)
        err.print(f"Nothing was kept: {len(done.problems)} mistake(s).", markup=False)
        raise typer.Exit(1)
    if preview:
        out.print(f"{done} allocations can be kept. A preview only: nothing was written.")
        return
    out.print(f"{done} allocations are kept, sealed. Destroy or lock away {file}.", markup=False)
