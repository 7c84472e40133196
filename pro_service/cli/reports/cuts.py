"""`cut make`, `cut list`: names for the instants that are analysed."""

from __future__ import annotations

from datetime import UTC
from typing import Annotated

import typer
from rich.table import Table

from pro_service.cli.options import ActorOption, DataOption, ReasonOption, StudyOption
from pro_service.cli.runtime import Runtime, out, with_runtime
from pro_service.services.exports import cuts
from pro_service.services.exports.instants import read_instant
from pro_service.store.exports.cuts import CutRow

cut_app = typer.Typer(no_args_is_help=True, help="Data cuts: instants of the record by name.")


@cut_app.command("make")
def make_command(
    name: Annotated[str, typer.Argument(help="A name that is not given yet, as interim-1.")],
    reason: ReasonOption,
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="INSTANT", help="As 2026-12-01T08:00:00+08:00; else now."),
    ] = None,
    study: StudyOption = None,
    data: DataOption = None,
    actor: Annotated[
        str | None,
        typer.Option(
            "--by", "--actor", help="Who does this; goes into the audit (else your login)."
        ),
    ] = None,
) -> None:
    """Give an instant a name; `export --cut NAME` is then the same whenever it is made."""

    async def work(runtime: Runtime) -> CutRow:
        found = await runtime.context.reader.study(runtime.connection, study)
        return await cuts.make_cut(
            runtime.connection,
            found.id,
            name,
            at=None if at is None else read_instant(at),
            reason=reason,
            actor=runtime.actor,
        )

    made = with_runtime(data, actor, work)
    out.print(f"The cut {made.name} is of {made.cut_at.astimezone(UTC).isoformat()}.", markup=False)


@cut_app.command("list")
def list_command(
    study: StudyOption = None, data: DataOption = None, actor: ActorOption = None
) -> None:
    """The cuts of a study, the latest instant last."""

    async def work(runtime: Runtime) -> list[CutRow]:
        found = await runtime.context.reader.study(runtime.connection, study)
        return await cuts.list_cuts(runtime.connection, found.id)

    table = Table("cut", "instant", "by", "why")
    for one in with_runtime(data, actor, work):
        table.add_row(one.name, one.cut_at.astimezone(UTC).isoformat(), one.actor, one.reason)
    out.print(table)
