"""`pushes list|read|close`: what providers pushed that nobody could read, or is for nobody."""

from __future__ import annotations

import sys
from typing import Annotated
from uuid import UUID

import typer
from rich.table import Table

from pro_service.cli.options import ActorOption, DataOption, StudyOption
from pro_service.cli.runtime import Runtime, out, with_runtime
from pro_service.services.receiving import close_kept, list_kept, read_kept
from pro_service.store.receiving.pushes import KeptPush

pushes_app = typer.Typer(no_args_is_help=True, help="Pushes of providers that somebody looks at.")
PushArgument = Annotated[UUID, typer.Argument(metavar="ID", help="As `pushes list` shows it.")]


@pushes_app.command("list")
def list_pushes(
    study: StudyOption = None, data: DataOption = None, actor: ActorOption = None
) -> None:
    """Show what is kept: how much of each was taken, could not be read, or is for nobody."""

    async def work(runtime: Runtime) -> list[KeptPush]:
        found = await runtime.context.reader.study(runtime.connection, study)
        return await list_kept(runtime.connection, found.id)

    table = Table("id", "provider", "kind", "came", "taken", "broken", "for nobody", box=None)
    for one in with_runtime(data, actor, work):
        counts = (one.taken, one.broken, one.unknown) if one.worked else ("-", "given up", "-")
        came = f"{one.came_at:%Y-%m-%d %H:%M}"
        table.add_row(str(one.id), one.provider, one.kind, came, *map(str, counts))
    out.print(table)


@pushes_app.command("read")
def read_push(
    push: PushArgument,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Print a push as it came, numbers included; nothing changes."""

    async def work(runtime: Runtime) -> bytes:
        found = await runtime.context.reader.study(runtime.connection, study)
        return await read_kept(runtime.connection, runtime.context, found.id, push)

    sys.stdout.write(with_runtime(data, actor, work).decode("utf-8", "replace") + "\n")


@pushes_app.command("close")
def close_push(
    push: PushArgument,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Say that somebody has seen to a push: it is kept no longer."""

    async def work(runtime: Runtime) -> None:
        found = await runtime.context.reader.study(runtime.connection, study)
        await close_kept(runtime.connection, found.id, push, actor=runtime.actor)

    with_runtime(data, actor, work)
    out.print("Seen to: nothing of it is kept any longer.")
