"""`api-key`: programs that use /api/v1, and their keys."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated
from uuid import UUID

import typer

from pro_service.cli.options import ActorOption, DataOption, ReasonOption, StudyOption
from pro_service.cli.runtime import Runtime, out, with_runtime
from pro_service.cli.seated import ask_password, seated
from pro_service.domain.programs.scopes import Scope
from pro_service.domain.study.permissions import Role
from pro_service.services.desk.programs.allowing import allow_exports
from pro_service.services.study import Passwords, programs
from pro_service.services.study.programs import Allowance, Entering, KeyWish, MadeKey
from pro_service.store.api.keys import KeyRow
from pro_service.store.pools import open_pools

api_key_app = typer.Typer(no_args_is_help=True, help="Keys of programs that use /api/v1.")


@api_key_app.command("new")
def new_command(
    login: Annotated[str, typer.Argument(help="Login of the program.")],
    scope: Annotated[list[Scope], typer.Option(help="What the key may be used for; repeat it.")],
    answers: Annotated[
        str | None, typer.Option("--for", metavar="LOGIN", help="Who answers for a new program.")
    ] = None,
    role: Annotated[Role | None, typer.Option(help="What a new program is.")] = None,
    site: Annotated[str | None, typer.Option(help="Code of the site.")] = None,
    study_wide: Annotated[
        bool, typer.Option("--study-wide", help="At every site, those added later included.")
    ] = False,
    days: Annotated[
        int, typer.Option(min=1, max=programs.LONGEST_DAYS, help="How long the key holds.")
    ] = 90,
    per_minute: Annotated[
        int, typer.Option(min=1, max=1_000_000, help="Requests in a minute, at most.")
    ] = programs.PER_MINUTE,
    by: Annotated[
        str | None,
        typer.Option(
            metavar="LOGIN", help="For the scope exports: the administrator who allows it."
        ),
    ] = None,
    reason: Annotated[
        str | None, typer.Option(help="Why they allow it; goes into the record.")
    ] = None,
    code: Annotated[str, typer.Option(help="Their code, if they have a second factor.")] = "",
    from_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read their password from input.")
    ] = False,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Make a key and print it, this once; a program that is new gets a role at a site by it."""
    entering = _entering(answers, role, site, study_wide=study_wide)
    wish = KeyWish(login, frozenset(scope), days, per_minute, entering)
    if by is not None and Scope.export not in wish.scopes:
        raise typer.BadParameter("goes with --scope exports", param_hint="--by")
    allowing = _allowing(by, reason, code, from_stdin=from_stdin)

    async def work(runtime: Runtime) -> MadeKey:
        found = await runtime.context.reader.study(runtime.connection, study)
        allowed = None if allowing is None else await allowing.allow(runtime, found.id)
        wanted = replace(wish, allowed=allowed)
        return await programs.make_key(runtime.connection, found.id, wanted, actor=runtime.actor)

    made = with_runtime(data, actor, work)
    out.print(made.key, markup=False, soft_wrap=True, highlight=False)
    out.print(
        f"Key {made.id} of {made.login} holds until {_minute(made.until)} UTC. It is not shown"
        " again.",
        markup=False,
        soft_wrap=True,
        highlight=False,
    )


@api_key_app.command("list")
def list_command(
    study: StudyOption = None, data: DataOption = None, actor: ActorOption = None
) -> None:
    """Every key: of which program, who answers for it, for what, until when, last used (UTC)."""

    async def work(runtime: Runtime) -> list[KeyRow]:
        found = await runtime.context.reader.study(runtime.connection, study)
        return list(await programs.list_keys(runtime.connection, found.id))

    for row in with_runtime(data, actor, work):
        out.print(_line(row), markup=False, soft_wrap=True, highlight=False)


@api_key_app.command("end")
def end_command(
    key: Annotated[str, typer.Argument(metavar="ID", help="The key's id, as `list` says it.")],
    reason: ReasonOption,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """End a key, from the next request on."""

    async def work(runtime: Runtime) -> None:
        found = await runtime.context.reader.study(runtime.connection, study)
        await programs.end_key(
            runtime.connection, found.id, key, reason=reason, actor=runtime.actor
        )

    with_runtime(data, actor, work)
    out.print(f"Key {key} holds no more.", markup=False, soft_wrap=True, highlight=False)


def _entering(
    answers: str | None, role: Role | None, site: str | None, *, study_wide: bool
) -> Entering | None:
    """How a new program comes in; None: it is known. Raises BadParameter for half of it."""
    placed = study_wide != (site is not None)
    if answers is not None and role is not None and placed:
        return Entering(answers, role, site)
    if answers is None and role is None and site is None and not study_wide:
        return None
    raise typer.BadParameter(
        "goes with --role and one of --site and --study-wide; for a known program none of them",
        param_hint="--for",
    )


@dataclass(frozen=True)
class _Allowing:
    """The administrator who allows exports, with what proves who they are, and why."""

    login: str
    reason: str
    password: str = field(repr=False)
    code: str = field(repr=False)

    async def allow(self, runtime: Runtime, study_id: UUID) -> Allowance:
        """Let them sign in, which proves it anew, and allow it."""
        async with (
            await open_pools(runtime.url, roles=("desk",)) as pools,
            seated(
                pools, Passwords(), self.login, self.password, (runtime.context.keys, self.code)
            ) as seat,
        ):
            return await allow_exports(runtime.connection, study_id, seat, self.reason)


def _allowing(
    by: str | None, reason: str | None, code: str, *, from_stdin: bool
) -> _Allowing | None:
    """Who allows exports; None: nobody is named. Raises BadParameter for half of it."""
    if (by is None) != (reason is None):
        raise typer.BadParameter("goes with --reason", param_hint="--by")
    if by is None or reason is None:
        return None
    password = sys.stdin.readline().rstrip("\r\n") if from_stdin else ask_password(by)
    return _Allowing(by, reason, password, code)


def _line(row: KeyRow) -> str:
    if row.ended_at is not None:
        state = f"ended {_minute(row.ended_at)}: {row.end_reason}"
    elif row.expired:
        state = f"expired {_minute(row.expires_at)}"
    else:
        state = f"until {_minute(row.expires_at)}"
    used = "never used" if row.last_used_at is None else f"last used {_minute(row.last_used_at)}"
    scopes = " ".join(row.scopes)
    head = f"{row.id}  {row.login} (for {row.answers})"
    allowed = "" if row.allowed_by is None else f"  allowed by {row.allowed_by}"
    return f"{head}  {state}  {used}  {row.per_minute}/min  {scopes}{allowed}"


def _minute(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M}"
