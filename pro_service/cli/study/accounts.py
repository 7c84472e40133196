"""`staff invite|reset|take-back|second-factor|sessions`: accounts, without anybody's password."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from pro_service.cli.options import ActorOption, DataOption, ReasonOption, StudyOption
from pro_service.cli.runtime import Runtime, out, with_runtime
from pro_service.cli.study.staff import LoginArgument, named, staff_app
from pro_service.domain.study.permissions import Role
from pro_service.parts import make_telling
from pro_service.services.desk.sign_in import IDLE, LIFETIME
from pro_service.services.study import accounts, staff, told_at
from pro_service.services.study.accounts import MadeLink
from pro_service.services.study.staff import Added, Joining
from pro_service.services.study.told_at import ToldAt
from pro_service.store.connection import transaction
from pro_service.store.study import people
from pro_service.store.study.people import OpenSession

RoleOption = Annotated[Role, typer.Option(help="What they are.")]
SiteOption = Annotated[str | None, typer.Option(help="Code of the site.")]
WideOption = Annotated[bool, typer.Option("--study-wide", help="At every site, later ones too.")]
EmailOption = Annotated[
    str | None, typer.Option(help="Where the link is sent, if a mail server is set.")
]
factor_app = typer.Typer(no_args_is_help=True, help="Second factors.")
staff_app.add_typer(factor_app, name="second-factor")


@staff_app.command("invite")
def invite_command(
    login: LoginArgument,
    role: RoleOption,
    site: SiteOption = None,
    study_wide: WideOption = False,
    name: Annotated[str | None, typer.Option(help="Their full name, as it is printed.")] = None,
    email: EmailOption = None,
    language: Annotated[str, typer.Option(help="en or zh_CN, for somebody new.")] = "en",
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Add somebody and make a link by which they choose their password, once, within three days."""
    if (site is None) != study_wide:
        raise typer.BadParameter("name a site, or say --study-wide", param_hint="--site")
    if language not in ("en", "zh_CN"):
        raise typer.BadParameter("is en or zh_CN", param_hint="--language")

    async def work(runtime: Runtime) -> tuple[Added, MadeLink | None]:
        found = await runtime.context.reader.study(runtime.connection, study)
        address = None if email is None else told_at.check_address(email)
        async with transaction(runtime.connection) as held:
            added = await staff.add_staff(
                held,
                found.id,
                login=login,
                name=name,
                language=language,
                site_code=site,
                role=role,
                actor=runtime.actor,
            )
            if added.joining is not Joining.new_person:
                return added, None
            if address is not None:
                told = (held, runtime.context, found.id)
                await told_at.tell_at(*told, login=login, email=address, actor=runtime.actor)
            made = await accounts.make_link(
                held,
                runtime.context.public_url,
                login=added.login,
                kind="invitation",
                actor=runtime.actor,
            )
        return added, made if await _handed_on(runtime, made, address, language) else None

    added, link = with_runtime(data, actor, work)
    where = "in the whole study" if site is None else f"at {site}"
    out.print(f"{added.login} is {role} {where} from now on.", markup=False)
    if added.joining is not Joining.new_person:
        out.print(f"{added.login} is known already, with the password they have.", markup=False)
    _print(link)


@staff_app.command("reset")
def reset_command(
    login: LoginArgument,
    reason: ReasonOption,
    email: EmailOption = None,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Make a link by which somebody sets a new password; the old one holds until it is used."""

    async def work(runtime: Runtime) -> MadeLink | None:
        address = None if email is None else told_at.check_address(email)
        await staff.find_person(runtime.connection, named(login, study))
        made = await accounts.make_link(
            runtime.connection,
            runtime.context.public_url,
            login=named(login, study),
            kind="reset",
            actor=runtime.actor,
            reason=reason,
        )
        return made if await _handed_on(runtime, made, address, "en") else None

    _print(with_runtime(data, actor, work))


@staff_app.command("take-back")
def take_back_command(
    login: LoginArgument,
    role: RoleOption,
    reason: ReasonOption,
    site: SiteOption = None,
    study_wide: WideOption = False,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Take one role back, from the next request on; the others they hold stay."""
    if (site is None) != study_wide:
        raise typer.BadParameter("name a site, or say --study-wide", param_hint="--site")

    async def work(runtime: Runtime) -> str:
        found = await runtime.context.reader.study(runtime.connection, study)
        return await accounts.take_role(
            *(runtime.connection, found.id),
            login=login,
            role=role,
            site_code=site,
            reason=reason,
        )

    known = with_runtime(data, actor, work)
    where = "in the whole study" if site is None else f"at {site}"
    out.print(f"{known} is {role} {where} no more.", markup=False)


@factor_app.command("reset")
def reset_factor_command(
    login: LoginArgument,
    reason: ReasonOption,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Take a lost second factor away; the person is signed out and sets up another."""

    async def work(runtime: Runtime) -> str:
        async with transaction(runtime.connection) as held:
            known = await accounts.reset_factor(
                held, login=named(login, study), reason=reason, actor=runtime.actor
            )
            await staff.revoke_sessions(held, login=known, actor=runtime.actor)
        return known

    known = with_runtime(data, actor, work)
    out.print(f"{known} has no second factor now and is signed out everywhere.", markup=False)


@staff_app.command("sessions")
def sessions_command(
    login: LoginArgument,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Show where somebody is signed in (UTC); end it all with `staff sign-out`."""

    async def work(runtime: Runtime) -> list[OpenSession]:
        person = await staff.find_known(runtime.connection, named(login, study))
        return await people.list_person_sessions(
            runtime.connection, person.id, idle=IDLE, lifetime=LIFETIME
        )

    for one in with_runtime(data, actor, work):
        where = f"from {one.address or '-'}, {one.device or 'unknown device'}"
        began, seen = _minute(one.started_at), _minute(one.last_seen_at)
        out.print(f"{one.study or '-'}  {began} - {seen}  {where}", markup=False)


async def _handed_on(runtime: Runtime, made: MadeLink, email: str | None, language: str) -> bool:
    """Whether the link is to be printed: it was not sent."""
    telling = make_telling(runtime.settings)
    if telling is None or email is None:
        return True
    told = ToldAt(email, "zh_CN" if language == "zh_CN" else "en")
    sent = await accounts.send_link(telling, made, told)
    if sent:
        out.print(f"The link was sent to {made.login} by e-mail.", markup=False)
    return not sent


def _print(link: MadeLink | None) -> None:
    if link is not None:
        until = _minute(link.until)
        out.print(f"Hand this to {link.login} alone; it works once, until {until} UTC:")
        out.print(link.address, markup=False)


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"
