"""`sender list|add|correct|move|pace|alias`: our addresses, whose they are, how fast they send."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from pro_service.cli.options import ActorOption, DataOption, ReasonOption, StudyOption
from pro_service.cli.runtime import Runtime, out, with_runtime
from pro_service.cli.study.templates import templates_app
from pro_service.domain.delivery.rules import TEXTS_A_SECOND
from pro_service.services.study import aliases, senders
from pro_service.services.study.senders import NewSender
from pro_service.store.texting import sending
from pro_service.store.texting.sending import SenderRow

FASTEST = 1000.0
sender_app = typer.Typer(no_args_is_help=True, help="Our own addresses.")
sender_app.add_typer(templates_app, name="templates")
SenderArgument = Annotated[
    str, typer.Argument(help="Our number (E.164), Messaging Service's id, or signature.")
]


@sender_app.command("list")
def list_senders(
    study: StudyOption = None, data: DataOption = None, actor: ActorOption = None
) -> None:
    """Show every address, the site it speaks for, and how many texts a second it may send."""

    async def work(runtime: Runtime) -> list[tuple[SenderRow, str]]:
        found = await runtime.context.reader.study(runtime.connection, study)
        rows = await sending.list_senders(runtime.connection, found.id)
        return [(one, _use(one, runtime.context.gateways.names)) for one in rows]

    table = Table("provider", "sender", "site", "texts a second", "new texts", "waiting", box=None)
    for one, use in with_runtime(data, actor, work):
        cells = (one.provider, one.address, one.site or "-", _pace(one), use, str(one.waiting))
        table.add_row(*cells)
    out.print(table)


def _use(one: SenderRow, providers: list[str]) -> str:
    if not one.in_use:
        return "moved away"
    return "yes" if one.provider in providers else f"no: {one.provider} is not set up here"


def _pace(one: SenderRow) -> str:
    if one.per_second is not None:
        return f"{one.per_second:g}"
    usual = TEXTS_A_SECOND.get(one.provider)
    return "no limit" if usual is None else f"{usual:g} (usual)"


@sender_app.command("add")
def add(
    sender: SenderArgument,
    provider: Annotated[str, typer.Option(help="The provider it belongs to.")],
    site: Annotated[str | None, typer.Option(help="The only site it speaks for.")] = None,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Add a sender beside those there are; country and consent say which of them writes to whom."""

    async def work(runtime: Runtime) -> None:
        context = runtime.context
        context.gateways.demand(provider)
        found = await context.reader.study(runtime.connection, study)
        new = NewSender(provider, sender, site)
        await senders.add_sender(
            runtime.connection, context.channels, found.id, new, actor=runtime.actor
        )

    with_runtime(data, actor, work)
    out.print(f"{sender} is a sender of {provider} from now on.")


@sender_app.command("correct")
def correct(
    sender: SenderArgument,
    address: Annotated[
        str, typer.Argument(metavar="NEW", help="Its number or signature from now on.")
    ],
    reason: ReasonOption,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Let new texts of a sender come from another number or signature at its own provider."""

    async def work(runtime: Runtime) -> tuple[SenderRow, bool]:
        channels = runtime.context.channels
        found = await runtime.context.reader.study(runtime.connection, study)
        left = await senders.correct_sender(
            *(runtime.connection, channels, found.id, sender, address),
            actor=runtime.actor,
            reason=reason,
        )
        return left, channels.signs(left.provider)

    left, signs = with_runtime(data, actor, work)
    out.print(f"New texts of {sender} come from {address} from now on, and cards say it.")
    if left.waiting:
        out.print(f"{left.waiting} text(s) that wait go out from {sender}, as they were written.")
    if signs:
        out.print("What was approved holds for the old signature: load the new one's templates.")
        out.print(f"Next: pro-service sender templates draft {address}")


@sender_app.command("move")
def move(
    sender: SenderArgument,
    reason: ReasonOption,
    to: Annotated[
        str | None, typer.Option(metavar="PROVIDER", help="Else the first of PRO_GATEWAYS.")
    ] = None,
    new_address: Annotated[
        str | None, typer.Option("--as", help="Its address there, where that is another.")
    ] = None,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Let new texts of a sender go out through another provider; its history stays where it is."""

    async def work(runtime: Runtime) -> tuple[str, SenderRow]:
        context = runtime.context
        provider = to or context.gateways.first
        context.gateways.demand(provider)
        found = await context.reader.study(runtime.connection, study)
        left = await senders.move_sender(
            runtime.connection,
            context.channels,
            found.id,
            sender,
            NewSender(provider, new_address or sender),
            actor=runtime.actor,
            reason=reason,
        )
        return provider, left

    provider, left = with_runtime(data, actor, work)
    shown = new_address or sender
    out.print(f"{shown} is {provider}'s from now on: texts go out and come in there.")
    if left.waiting:
        out.print(f"{left.waiting} text(s) that wait stay with {left.provider}, which sends them.")
    if provider != "simulator":
        out.print(f"Next: pro-service provider check {provider}")


@sender_app.command("pace")
def set_pace(
    sender: SenderArgument,
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
        await senders.set_pace(
            runtime.connection, found.id, sender, per_second, actor=runtime.actor
        )

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
