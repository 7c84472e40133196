"""`sender list|move|pace|alias`: our own addresses, whose they are, and how fast each may send."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from pro_service.cli.options import ActorOption, DataOption, ReasonOption, StudyOption
from pro_service.cli.runtime import Runtime, out, with_runtime
from pro_service.domain.delivery.rules import TEXTS_A_SECOND
from pro_service.services.study import aliases, sites
from pro_service.store.texting import sending
from pro_service.store.texting.sending import SenderPace

FASTEST = 1000.0
sender_app = typer.Typer(no_args_is_help=True, help="Our own addresses.")


@sender_app.command("list")
def list_senders(
    study: StudyOption = None, data: DataOption = None, actor: ActorOption = None
) -> None:
    """Show every address, the site it speaks for, and how many texts a second it may send."""

    async def work(runtime: Runtime) -> list[SenderPace]:
        found = await runtime.context.reader.study(runtime.connection, study)
        return await sending.list_senders(runtime.connection, found.id)

    table = Table("provider", "sender", "site", "texts a second", box=None)
    for one in with_runtime(data, actor, work):
        table.add_row(one.provider, one.address, one.site or "-", _pace(one))
    out.print(table)


def _pace(one: SenderPace) -> str:
    if one.per_second is not None:
        return f"{one.per_second:g}"
    usual = TEXTS_A_SECOND.get(one.provider)
    return "no limit" if usual is None else f"{usual:g} (usual)"


@sender_app.command("move")
def move(
    sender: Annotated[str, typer.Argument(help="Our number (E.164) or Messaging Service's id.")],
    reason: ReasonOption,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Let a sender be the provider's that PRO_GATEWAY names: it was added under another."""

    async def work(runtime: Runtime) -> str:
        found = await runtime.context.reader.study(runtime.connection, study)
        provider = runtime.context.provider
        await sites.move_sender(
            *(runtime.connection, found.id, sender, provider), actor=runtime.actor, reason=reason
        )
        return provider

    provider = with_runtime(data, actor, work)
    out.print(f"{sender} is {provider}'s from now on: texts go out and come in there.")
    if provider == "twilio":
        out.print("Next: pro-service twilio check")


@sender_app.command("pace")
def set_pace(
    sender: Annotated[str, typer.Argument(help="Our number (E.164) or Messaging Service's id.")],
    per_second: Annotated[
        float | None,
        typer.Argument(metavar="TEXTS", help="Texts a second; left out: the provider's usual."),
    ] = None,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Say how many texts a second a sender may send; running workers keep to it at once."""
    if per_second is not None and not 0 < per_second <= FASTEST:
        raise typer.BadParameter(f"is above 0 and at most {FASTEST:g}", param_hint="TEXTS")

    async def work(runtime: Runtime) -> None:
        found = await runtime.context.reader.study(runtime.connection, study)
        await sites.set_pace(runtime.connection, found.id, sender, per_second, actor=runtime.actor)

    with_runtime(data, actor, work)
    said = "its provider's usual pace" if per_second is None else f"{per_second:g} texts a second"
    out.print(f"{sender} sends at {said} from now on.")


@sender_app.command("alias")
def add_alias(
    sender: Annotated[str, typer.Argument(help="Our address, as `sender list` shows it.")],
    alias: Annotated[str, typer.Argument(help="What its provider says instead of it.")],
    provider: Annotated[str, typer.Option("--provider", help="The provider that says so.")],
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Let texts that came by another name (a number of the provider's) be this sender's."""

    async def work(runtime: Runtime) -> None:
        found = await runtime.context.reader.study(runtime.connection, study)
        await aliases.add_alias(
            *(runtime.connection, found.id, provider, sender, alias), actor=runtime.actor
        )

    with_runtime(data, actor, work)
    out.print(f"What comes by {alias} at {provider} is {sender}'s from now on.")
