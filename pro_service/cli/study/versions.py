"""`protocol list|use|move`: which protocol version holds where, and for whom."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import typer

from pro_service.cli.options import ActorOption, DataOption, ReasonOption, StudyOption
from pro_service.cli.runtime import Runtime, out, with_runtime
from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.amending.moving import Versions
from pro_service.services.base.reader import UnknownParticipantError
from pro_service.services.study import protocols
from pro_service.services.visits.moving import Move, Moved, move_participants
from pro_service.store.base import participants
from pro_service.store.study import studies
from pro_service.store.study.studies import StudyRow, VersionRow

VersionArgument = Annotated[
    str, typer.Argument(metavar="VERSION", help="The beginning of its hash; see `protocol list`.")
]


class NobodyNamedError(ProServiceError):
    """Nobody is named to be moved."""


def register_versions(protocol_app: typer.Typer) -> None:
    """Add the commands `list`, `use` and `move` to the group `protocol`."""
    protocol_app.command("list")(list_command)
    protocol_app.command("use")(use_command)
    protocol_app.command("move")(move_command)


def list_command(
    study: StudyOption = None, data: DataOption = None, actor: ActorOption = None
) -> None:
    """Show the study's versions, who is under each, and which sites enrol under it."""

    async def work(runtime: Runtime) -> None:
        found = await runtime.context.reader.study(runtime.connection, study)
        now = await protocols.sites_at_present(runtime.connection, found)
        told = await studies.list_site_protocols(runtime.connection, found.id)
        for version in await studies.list_protocol_versions(runtime.connection, found.id):
            sites = ", ".join(code for code, used in now.items() if used == version.id)
            out.print(
                f"{version.label}  stored {version.recorded_at:%Y-%m-%d} by {version.actor}, "
                f"{version.participants} participants, sites enrolling: {sites or 'none'}",
                markup=False,
            )
            for one in told:
                if one.protocol_version_id == version.id:
                    out.print(
                        f"    {one.site} from {one.effective_from:%Y-%m-%d %H:%M} UTC "
                        f"by {one.actor}: {one.reason or 'no reason was asked'}",
                        markup=False,
                    )

    with_runtime(data, actor, work)


def use_command(
    version: VersionArgument,
    site: Annotated[str, typer.Option(help="Code of the site.")],
    reason: ReasonOption,
    from_on: Annotated[
        datetime | None,
        typer.Option(
            "--from", metavar="DAY", formats=["%Y-%m-%d"], help="First day at the site; else now."
        ),
    ] = None,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Let a site enrol under a version; other sites and who is enrolled keep theirs."""

    async def work(runtime: Runtime) -> tuple[VersionRow, protocols.SiteUsed]:
        connection = runtime.connection
        found = await runtime.context.reader.study(connection, study)
        chosen = await protocols.find_version(connection, found, version)
        use = protocols.SiteUse(
            site, None if from_on is None else from_on.date(), runtime.actor, reason
        )
        return chosen, await protocols.use_protocol(connection, found, chosen, use)

    chosen, used = with_runtime(data, actor, work)
    when = "from now on" if used.since is None else f"from {used.since:%Y-%m-%d %H:%M} UTC on"
    if used.fresh:
        out.print(f"{site} enrols under version {chosen.label} {when}.")
    else:
        out.print(f"{site} was told so before; nothing changed.")


def move_command(
    version: VersionArgument,
    site: Annotated[
        str | None, typer.Option(help="Move everybody who is at this site at present.")
    ] = None,
    participant: Annotated[
        list[str] | None,
        typer.Option(metavar="CODE", help="Move this participant; may be given several times."),
    ] = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="Say what would change for whom; write nothing.")
    ] = False,
    reason: Annotated[str, typer.Option(help="Why; goes into the record.")] = "",
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Move participants to another version; who cannot be moved is named and stays."""

    async def work(runtime: Runtime) -> list[Moved]:
        connection = runtime.connection
        found = await runtime.context.reader.study(connection, study)
        chosen = await protocols.find_version(connection, found, version)
        people = await _people(runtime, found, site, participant or [])
        move = Move(chosen.id, runtime.actor, reason, preview)
        shown: set[UUID] = set()
        done: list[Moved] = []
        async for one in move_participants(connection, runtime.context, found.id, people, move):
            if one.left not in shown and one.outcome != "is there already":
                shown.add(one.left)
                await _print_differences(runtime, found, one.left, chosen)
            _print(one)
            done.append(one)
        return done

    done = with_runtime(data, actor, work)
    counts = {
        name: sum(one.outcome == name for one in done)
        for name in dict.fromkeys(one.outcome for one in done)
    }
    out.print("; ".join(f"{name}: {count}" for name, count in counts.items()) or "Nobody is there.")
    if counts.get("refused"):
        raise typer.Exit(1)


async def _people(
    runtime: Runtime, study: StudyRow, site: str | None, codes: list[str]
) -> list[UUID]:
    """The ids of those who are named. Raises NobodyNamedError, UnknownParticipantError."""
    if (site is None) == (not codes):
        raise NobodyNamedError(
            mend="Name a site with --site, or participants with --participant, not both."
        )
    connection = runtime.connection
    if site is not None:
        sites = await studies.list_sites(connection, study.id)
        found = next((one for one in sites if one.code == site), None)
        if found is None:
            known = ", ".join(one.code for one in sites) or "none yet"
            raise protocols.UnknownSiteError(f"There is no site {site}.", mend=f"Known: {known}.")
        return await studies.list_present_participants(connection, study.id, found.id)
    people: list[UUID] = []
    for code in dict.fromkeys(codes):
        person = await participants.find_participant(connection, study.id, code)
        if person is None:
            raise UnknownParticipantError(f"There is no participant {code}.")
        people.append(person)
    return people


async def _print_differences(
    runtime: Runtime, study: StudyRow, left: UUID, chosen: VersionRow
) -> None:
    """What differs for everybody between two versions, once."""
    reader, connection = runtime.context.reader, runtime.connection
    old = await reader.protocol(connection, study.id, left)
    new = await reader.protocol(connection, study.id, chosen.id)
    versions = await studies.list_protocol_versions(connection, study.id)
    label = next(one.label for one in versions if one.id == left)
    out.print(f"From version {label} to {chosen.label}, for everybody:")
    lines = Versions(old, new, runtime.context.catalogue.instruments).differences()
    for line in lines or ("nothing but dates",):
        out.print(f"    {line}", markup=False)


def _print(one: Moved) -> None:
    out.print(f"{one.code}: {one.outcome}", markup=False)
    for line in (*one.refusals, *one.lines):
        out.print(f"    {line}", markup=False)
    if one.outcome in ("moved", "would move") and not one.lines:
        out.print("    no visit changes")
