"""`api-key`: programs that use /api/v1, and their keys."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from pro_service.cli.options import ActorOption, DataOption, ReasonOption, StudyOption
from pro_service.cli.runtime import Runtime, out, with_runtime
from pro_service.domain.programs.scopes import Scope
from pro_service.domain.study.permissions import Role
from pro_service.services.study import programs
from pro_service.services.study.programs import Entering, KeyWish, MadeKey
from pro_service.store.api.keys import KeyRow

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
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Make a key and print it, this once; a program that is new gets a role at a site by it."""
    entering = _entering(answers, role, site, study_wide=study_wide)
    wish = KeyWish(login, frozenset(scope), days, per_minute, entering)

    async def work(runtime: Runtime) -> MadeKey:
        found = await runtime.context.reader.study(runtime.connection, study)
        return await programs.make_key(runtime.connection, found.id, wish, actor=runtime.actor)

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
    return f"{head}  {state}  {used}  {row.per_minute}/min  {scopes}"


def _minute(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M}"
