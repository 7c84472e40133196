"""`protocol load`, `site add`: what a study stands on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pro_service.catalog.protocol_files import ProtocolFileError, load_protocol_file
from pro_service.cli.options import (
    ActorOption,
    DataOption,
    ReasonOption,
    StudyOption,
    read_country,
)
from pro_service.cli.runtime import Runtime, err, out, with_runtime
from pro_service.cli.study.versions import register_versions
from pro_service.cli.tools.protocol_check import register_check
from pro_service.services.study import protocols, sites
from pro_service.services.study.previews import preview_of
from pro_service.services.study.senders import sender_address
from pro_service.services.study.wording import show_stored_wording
from pro_service.store.ids import new_id
from pro_service.store.study.studies import SiteRow

protocol_app = typer.Typer(no_args_is_help=True, help="Study protocols, as data.")
site_app = typer.Typer(no_args_is_help=True, help="Sites.")
register_check(protocol_app)
register_versions(protocol_app)


@protocol_app.command("load")
def load(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The protocol, a TOML file.")],
    for_later: Annotated[
        bool,
        typer.Option(
            "--for-later",
            help="Let every site go on with what it has, until `protocol use` names it.",
        ),
    ] = False,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Store a protocol version by its content; the same content again changes nothing."""
    try:
        protocol, source, content_sha256 = load_protocol_file(file)
    except ProtocolFileError as error:
        for problem in error.problems:
            err.print(str(problem), markup=False)
        raise typer.Exit(1) from error

    async def work(runtime: Runtime) -> protocols.LoadedProtocol:
        await show_stored_wording(runtime.connection, runtime.context)
        preview_of(runtime.context, protocol).check_lengths()
        return await protocols.load_protocol(
            runtime.connection,
            runtime.context,
            protocol,
            source,
            content_sha256,
            actor=runtime.actor,
            for_later=for_later,
        )

    loaded = with_runtime(data, actor, work, begins=True)
    said = "is stored now" if loaded.fresh else "was stored before; nothing changed"
    out.print(f"Protocol version {content_sha256[:12]} of {loaded.study.code} {said}.")


@site_app.command("add")
def add_site(
    code: Annotated[str, typer.Argument(help="Short code, for example BJ01.")],
    name: Annotated[str, typer.Option(help="Name as staff know it.")],
    zone: Annotated[str, typer.Option(help="Time zone, for example Asia/Shanghai.")],
    country: Annotated[str, typer.Option(help="ISO code of the country, for example CN.")],
    telephone: Annotated[str, typer.Option(help="What participants may call.")],
    emergency_number: Annotated[str, typer.Option(help="The local emergency number.")],
    sender: Annotated[
        str | None,
        typer.Option(help="Our number texts come from (E.164), or a Messaging Service's id."),
    ] = None,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Add a site."""
    there = read_country(country)
    row = SiteRow(new_id(), code, name, zone, there, telephone, emergency_number)

    async def work(runtime: Runtime) -> None:
        found = await runtime.context.reader.study(runtime.connection, study)
        context = runtime.context
        provider = context.gateways.first
        await sites.add_site(
            runtime.connection,
            found.id,
            row,
            provider=provider,
            address=sender and sender_address(context.channels, provider, sender),
            actor=runtime.actor,
        )

    with_runtime(data, actor, work)
    out.print(f"Site {code} added.")


@site_app.command("correct")
def correct_site(
    code: Annotated[str, typer.Argument(help="Code of the site.")],
    reason: ReasonOption,
    name: Annotated[str | None, typer.Option(help="Name as staff know it.")] = None,
    telephone: Annotated[str | None, typer.Option(help="What participants may call.")] = None,
    emergency_number: Annotated[
        str | None, typer.Option(help="The local emergency number.")
    ] = None,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Correct what a site says of itself; new texts and cards say it, old ones are as they were."""

    async def work(runtime: Runtime) -> bool:
        found = await runtime.context.reader.study(runtime.connection, study)
        return await sites.change_site(
            runtime.connection,
            found.id,
            code,
            {"name": name, "telephone": telephone, "emergency_number": emergency_number},
            reason=reason,
            actor=runtime.actor,
        )

    changed = with_runtime(data, actor, work)
    said = "is corrected" if changed else "says all of that already; nothing changed"
    out.print(f"Site {code} {said}.")
