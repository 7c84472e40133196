"""`sender templates draft|load|list`: texts that a provider must approve beforehand."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from pro_service.catalog.registration_files import load_registrations, write_drafts
from pro_service.cli.options import ActorOption, DataOption, StudyOption
from pro_service.cli.runtime import Runtime, out, with_runtime
from pro_service.services.study import registrations
from pro_service.store.texting import registered
from pro_service.store.texting.registered import GapRow, TemplateRow

templates_app = typer.Typer(
    no_args_is_help=True, help="Templates that a provider must approve beforehand."
)
SenderArgument = Annotated[str, typer.Argument(help="Whose they are: an address of ours.")]


@templates_app.command("draft")
def draft(
    sender: SenderArgument,
    link: Annotated[
        bool, typer.Option("--link", help="With the card's address as fixed text.")
    ] = False,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Write what to hand in for approval: a file, to load once codes and days are filled in."""

    async def work(runtime: Runtime) -> str:
        found = await runtime.context.reader.study(runtime.connection, study)
        drafts = await registrations.draft_templates(
            runtime.connection, runtime.context, found.id, sender, link=link
        )
        return write_drafts(drafts)

    typer.echo(with_runtime(data, actor, work))


@templates_app.command("load")
def load(
    sender: SenderArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The templates, a TOML file.")],
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Store approved templates; each takes the place of the one of its key and language."""

    async def work(runtime: Runtime) -> tuple[int, int]:
        context = runtime.context
        templates = load_registrations(file, address=registrations.card_address(context))
        found = await context.reader.study(runtime.connection, study)
        new = await registrations.load_templates(
            runtime.connection, found.id, sender, templates, actor=runtime.actor
        )
        return new, len(templates)

    new, every = with_runtime(data, actor, work)
    out.print(f"{new} template(s) stored; {every - new} stood so already.")


@templates_app.command("list")
def list_templates(
    study: StudyOption = None, data: DataOption = None, actor: ActorOption = None
) -> None:
    """Show what has no registration, and then every template."""

    async def work(runtime: Runtime) -> tuple[list[GapRow], list[TemplateRow]]:
        found = await runtime.context.reader.study(runtime.connection, study)
        gaps = await registered.list_gaps(runtime.connection)
        return (
            [one for one in gaps if one.study == found.code],
            await registered.list_templates(runtime.connection, found.id),
        )

    gaps, templates = with_runtime(data, actor, work)
    for gap in gaps:
        out.print(
            f"No registration, and not sent: {gap.key} ({gap.language}) from {gap.address}"
            f" ({gap.provider}), first missed {gap.recorded_at:%Y-%m-%d}.",
            markup=False,
        )
    table = Table("provider", "sender", "key", "language", "code", "in force", "words", box=None)
    for one in templates:
        state = "yes" if one.in_force else "no"
        table.add_row(
            *(one.provider, one.address, one.key, one.language, one.code, state, one.words)
        )
    out.print(table)
