"""Somebody of the desk, signed in for the length of a command that asks for their signature."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import typer

from pro_service.cli.options import OptionError
from pro_service.services.base.keys import Keys
from pro_service.services.desk.account.factor import give_code
from pro_service.services.desk.seat import Seat
from pro_service.services.desk.sign_in import (
    Whence,
    find_half_session,
    find_session,
    sign_in,
    sign_out,
)
from pro_service.services.study import Passwords
from pro_service.store.pools import Pools

HERE: Final = Whence("command line", "command line")


def ask_password(login: str) -> str:
    """The password of somebody who signs, typed unseen."""
    asked: str = typer.prompt(f"Password of {login}", hide_input=True, err=True)
    return asked


@asynccontextmanager
async def seated(
    pools: Pools,
    passwords: Passwords,
    login: str,
    password: str,
    second: tuple[Keys, str] | None = None,
) -> AsyncIterator[Seat]:
    """Somebody signed in for the length of a command, in the one study that leads to.

    `second` opens second factors, with the code of theirs if they have one. Raises
    SignInRefusedError, SignInStoppedError, SignInThrottledError, SecondStepError, OptionError.
    """
    token = await sign_in(pools.desk, passwords, login=login, password=password, place=HERE)
    try:
        half = None if second is None else await find_half_session(pools.desk, token)
        if half is not None and second is not None:
            token = await give_code(pools.desk, second[0], half, second[1], HERE)
        seat = await find_session(pools.desk, token)
        if not isinstance(seat, Seat):
            raise OptionError(
                f"{login} works in several studies, or has a second factor.",
                mend="Write it as STUDY/LOGIN, or do it at the desk.",
            )
        yield seat
    finally:
        await sign_out(pools.desk, token)
