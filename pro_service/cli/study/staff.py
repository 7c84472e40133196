"""`staff password`, `staff sign-out`: who may open the desk."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from pro_service.cli.options import ActorOption, DataOption, StudyOption
from pro_service.cli.runtime import Runtime, out, with_runtime
from pro_service.cli.study.protocols import staff_app
from pro_service.services.study.passwords import Passwords
from pro_service.services.study.staff import revoke_sessions, set_password

__all__ = ["staff_app"]


def _read_password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    typed: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return typed


@staff_app.command("password")
def password_command(
    login: Annotated[str, typer.Argument(help="Login name.")],
    from_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read it from the first line of input.")
    ] = False,
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """Set a password; every session that stands on the old one ends."""
    password = _read_password(from_stdin)

    async def work(runtime: Runtime) -> None:
        found = await runtime.context.study(runtime.connection, study)
        await set_password(
            runtime.connection,
            Passwords(),
            found.id,
            login=login,
            password=password,
            actor=runtime.actor,
        )

    with_runtime(data, actor, work)
    out.print(f"{login} has a new password and is signed out everywhere.")


@staff_app.command("sign-out")
def sign_out_command(
    login: Annotated[str, typer.Argument(help="Login name.")],
    study: StudyOption = None,
    data: DataOption = None,
    actor: ActorOption = None,
) -> None:
    """End every session of a member of staff at once."""

    async def work(runtime: Runtime) -> int:
        found = await runtime.context.study(runtime.connection, study)
        return await revoke_sessions(runtime.connection, found.id, login=login, actor=runtime.actor)

    ended = with_runtime(data, actor, work)
    out.print(f"{login}: {ended} sessions ended.")
