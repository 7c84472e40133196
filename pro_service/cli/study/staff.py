"""`staff`: who may open the desk, in which studies, in which roles."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Annotated, Final

import typer

from pro_service.cli.options import ActorOption, DataOption, ReasonOption, StudyOption
from pro_service.cli.runtime import Runtime, out, with_runtime
from pro_service.domain.study.entering import Duty
from pro_service.domain.study.permissions import Role
from pro_service.services.study import staff, told_at
from pro_service.services.study.passwords import Passwords
from pro_service.services.study.staff import Added, Joining
from pro_service.store.connection import transaction
from pro_service.store.study.people import HeldRole, ListedPerson, list_people

staff_app = typer.Typer(no_args_is_help=True, help="People, and their membership of studies.")

LoginArgument = Annotated[
    str, typer.Argument(help="Login name; study/name where several people have it.")
]
_SAID: Final = {
    Joining.new_person: "{login} is new: give them a password with `pro-service staff password`.",
    Joining.known_person: "{login} is known already; joined to study {study}, with the password"
    " they have.",
    Joining.again: "{login} is known already; joined to study {study} again.",
}

_DUTIES: Final = {
    Duty.injects: "injects, and enters no answers while that holds",
    Duty.rates: "rates, and enters no answers while that holds",
    Duty.knows_allocation: "knows the allocation, and enters no answers while that holds",
}


def _read_password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    typed: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return typed


@staff_app.command("add")
def add_command(
    login: LoginArgument,
    role: Annotated[Role, typer.Option(help="What they are.")],
    site: Annotated[str | None, typer.Option(help="Code of the site.")] = None,
    study_wide: Annotated[
        bool, typer.Option("--study-wide", help="At every site, those added later included.")
    ] = False,
    language: Annotated[str, typer.Option(help="en or zh_CN, for somebody new.")] = "en",
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Give somebody a role in a study; who is known already keeps their password."""
    if (site is None) != study_wide:
        raise typer.BadParameter("name a site, or say --study-wide", param_hint="--site")
    if language not in ("en", "zh_CN"):
        raise typer.BadParameter("is en or zh_CN", param_hint="--language")

    async def work(runtime: Runtime) -> tuple[Added, str]:
        found = await runtime.context.reader.study(runtime.connection, study)
        added = await staff.add_staff(
            runtime.connection,
            found.id,
            login=login,
            language=language,
            site_code=site,
            role=role,
            actor=runtime.actor,
        )
        return added, found.code

    added, code = with_runtime(data, actor, work)
    if added.joining in _SAID:
        out.print(_SAID[added.joining].format(login=added.login, study=code), markup=False)
    where = "in the whole study" if site is None else f"at {site}"
    out.print(f"{added.login} is {role} {where} from now on.", markup=False)


@staff_app.command("password")
def password_command(
    login: LoginArgument,
    from_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read it from the first line of input.")
    ] = False,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Set a person's password, for every study; every session on the old one ends."""
    password = _read_password(from_stdin)

    async def work(runtime: Runtime) -> str:
        return await staff.set_password(
            runtime.connection,
            Passwords(),
            login=named(login, study),
            password=password,
            actor=runtime.actor,
        )

    known = with_runtime(data, actor, work)
    out.print(f"{known} has a new password and is signed out everywhere.", markup=False)


@staff_app.command("sign-out")
def sign_out_command(
    login: LoginArgument,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """End every session of a person at once, in every study."""

    async def work(runtime: Runtime) -> int:
        return await staff.revoke_sessions(
            runtime.connection, login=named(login, study), actor=runtime.actor
        )

    ended = with_runtime(data, actor, work)
    out.print(f"{login}: {ended} sessions ended.", markup=False)


@staff_app.command("end")
def end_command(
    login: LoginArgument,
    reason: ReasonOption,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """End somebody's work in a study, with every role there, from the next request on."""

    async def work(runtime: Runtime) -> str:
        found = await runtime.context.reader.study(runtime.connection, study)
        await staff.end_membership(runtime.connection, found.id, login=login, reason=reason)
        return found.code

    code = with_runtime(data, actor, work)
    out.print(f"{login} works in study {code} no more; in other studies they go on.", markup=False)


@staff_app.command("duty")
def duty_command(
    login: LoginArgument,
    duty: Annotated[Duty, typer.Argument(help="What they do in the trial.")],
    reason: ReasonOption,
    ended: Annotated[bool, typer.Option("--ended", help="They do it no more.")] = False,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Say that somebody injects, rates or knows the allocation: they enter no answers."""

    async def work(runtime: Runtime) -> str:
        found = await runtime.context.reader.study(runtime.connection, study)
        return await staff.say_duty(
            runtime.connection,
            found.id,
            login=login,
            duty=duty,
            held=not ended,
            reason=reason,
            actor=runtime.actor,
        )

    known = with_runtime(data, actor, work)
    said = "is no more somebody who" if ended else "is somebody who"
    out.print(f"{known} {said} {_DUTIES[duty]}.", markup=False)


@staff_app.command("tell-at")
def tell_at_command(
    login: LoginArgument,
    email: Annotated[
        str | None, typer.Option(help="Where they are told; left out: nowhere any more.")
    ] = None,
    phone: Annotated[
        str | None, typer.Option(help="On which telephone as well, by text: +12025550143.")
    ] = None,
    no_phone: Annotated[bool, typer.Option("--no-phone", help="On none any more.")] = False,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Say by which e-mail address somebody is told of urgent matters; kept sealed.

    With --phone or --no-phone alone the address stays: a text goes where a sender of the site may
    write to that country in words of our own.
    """
    of_phone = phone is not None or no_phone

    async def work(runtime: Runtime) -> str:
        found = await runtime.context.reader.study(runtime.connection, study)
        whose = (runtime.connection, runtime.context, found.id)
        async with transaction(runtime.connection):
            if of_phone:
                number = None if no_phone else phone
                known = await told_at.text_at(
                    *whose, login=login, phone=number, actor=runtime.actor
                )
            if email is not None or not of_phone:
                known = await told_at.tell_at(*whose, login=login, email=email, actor=runtime.actor)
        return known

    known, ways = with_runtime(data, actor, work), []
    if email is not None:
        ways.append("by e-mail from now on, while on duty")
    elif not of_phone:
        ways.append("nowhere any more")
    if of_phone:
        ways.append("by text no more" if phone is None or no_phone else "by text as well")
    out.print(f"{known} is told of urgent matters {', '.join(ways)}.", markup=False)


@staff_app.command("disable")
def disable_command(
    login: LoginArgument,
    reason: ReasonOption,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Stop somebody in every study, from the next request on."""

    async def work(runtime: Runtime) -> int:
        return await staff.disable_person(
            runtime.connection, login=login, reason=reason, actor=runtime.actor
        )

    ended = with_runtime(data, actor, work)
    out.print(f"{login} is stopped everywhere; {ended} sessions ended.", markup=False)


@staff_app.command("enable")
def enable_command(
    login: LoginArgument,
    reason: ReasonOption,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Let somebody who was stopped sign in again, with the password they had."""

    async def work(runtime: Runtime) -> bool:
        return await staff.enable_person(runtime.connection, login=login, reason=reason)

    was_stopped = with_runtime(data, actor, work)
    said = "may sign in again" if was_stopped else "was not stopped; nothing changed"
    out.print(f"{login} {said}.", markup=False)


@staff_app.command("join")
def join_command(
    keep: Annotated[str, typer.Argument(help="The login that stays.")],
    other: Annotated[str, typer.Argument(help="The login of the same person that goes.")],
    reason: ReasonOption,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Make two logins one person: only if you know that they are one."""

    async def work(runtime: Runtime) -> str:
        return await staff.join_people(
            runtime.connection, keep=keep, other=other, reason=reason, actor=runtime.actor
        )

    kept = with_runtime(data, actor, work)
    out.print(f"{other} is {kept} from now on, with the password of {kept}.", markup=False)


@staff_app.command("list")
def list_command(
    study: StudyOption = None, data: DataOption = None, actor: ActorOption = None
) -> None:
    """Everybody, or everybody of a study: memberships and roles from - to, last sign-in (UTC)."""

    async def work(runtime: Runtime) -> list[ListedPerson]:
        reader = runtime.context.reader
        found = None if study is None else await reader.study(runtime.connection, study)
        return await list_people(runtime.connection, None if found is None else found.id)

    for person in with_runtime(data, actor, work):
        for line in _lines(person):
            out.print(line, markup=False)


def named(login: str, study: str | None) -> str:
    """A name as it is typed at the door: the study's code before it, if one is given."""
    return login if study is None or "/" in login else f"{study}/{login}"


def _lines(person: ListedPerson) -> list[str]:
    seen = "never" if person.last_sign_in is None else f"{person.last_sign_in:%Y-%m-%d %H:%M}"
    name = "" if person.name is None else f" ({person.name})"
    head = f"{person.login}{name}: last sign-in {seen}"
    if person.disabled_at is not None:
        what = "STOPPED" if person.joined_to is None else f"is {person.joined_to}"
        head += f"; {what} since {_day(person.disabled_at)}: {person.disabled_reason}"
    lines = [head]
    for one in person.memberships:
        name = "" if one.name == person.login else f" as {one.name}"
        lines.append(f"  {one.study}{name}  {_day(one.valid_from)} - {_day(one.valid_to)}")
        lines += [f"    {_role(held)}" for held in one.roles]
    return lines


def _role(held: HeldRole) -> str:
    where = held.site or "whole study"
    return f"{held.role} {where}  {_day(held.valid_from)} - {_day(held.valid_to)}"


def _day(instant: datetime | None) -> str:
    return "" if instant is None else f"{instant:%Y-%m-%d}"
