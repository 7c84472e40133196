"""People who work here: what they type to sign in, and which study that leads to.

A person has one login and one password, and is a member of one study or several.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.record import Record

LONGEST_LOGIN: Final = 128


class LoginError(ProServiceError):
    """This cannot be a login name."""


class Membership(Record):
    """A study a person may work in now."""

    study_id: UUID
    staff_id: UUID
    study: str
    """The study's code."""


def as_typed(login: str) -> str:
    """A name as it is looked up: small letters, no spaces around, not too long."""
    return login.strip().lower()[:LONGEST_LOGIN]


def bare_name(typed: str) -> str:
    """The name without the study's code that may stand before it (`study/name`).

    Tries are counted by it whether or not anybody has it, so that counting gives no name away.
    """
    return typed.rpartition("/")[2]


def check_login(login: str) -> str:
    """The login of somebody new, as it is kept. Raises LoginError.

    No slash: what stands before one is a study's code.
    """
    kept = login.strip().lower()
    if not kept or len(kept) > LONGEST_LOGIN or not kept.isprintable():
        raise LoginError(mend=f"Take 1 to {LONGEST_LOGIN} letters and digits.")
    if any(one in kept for one in "/ "):
        raise LoginError(f"{kept} cannot be a login name.", mend="Leave out slashes and spaces.")
    return kept


def straight_in(memberships: Sequence[Membership], typed: str) -> Membership | None:
    """The study that signing in leads to at once; None: they must choose, or there is none.

    The only one there is; of several the one whose code was typed before the name.
    """
    if len(memberships) == 1:
        return memberships[0]
    code = typed.rpartition("/")[0]
    return next((one for one in memberships if code and one.study.lower() == code), None)
