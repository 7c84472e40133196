"""Programs that use /api/v1 and their keys: made, listed and ended; all as an operator.

A program is a person of the installation without a password, whom a named member of the study
answers for. A key is shown once, when it is made; what is kept is its hash.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.programs.scopes import Scope
from pro_service.domain.study.permissions import Role
from pro_service.services.study.sites import UnknownNameError
from pro_service.services.study.staff import Joining, add_staff, find_known
from pro_service.store.api import keys
from pro_service.store.api.keys import KeyRow, NewKey
from pro_service.store.connection import Connection, transaction
from pro_service.store.ids import new_id
from pro_service.store.study import people

KEY_BEGINS: Final = "pro_"
"""How a key begins, so that whoever finds one in a file knows what it is."""
_KEY_BYTES: Final = 32
MAKE_ONE: Final = "See pro-service api-key list, or make a program: pro-service api-key new."
"""What mends a name that is no program's."""
_SAY_WHO: Final = "Say who answers for it and its role: --for, --role."
LONGEST_DAYS: Final = 366
PER_MINUTE: Final = 600


class NoProgramError(ProServiceError):
    """This is a person's login, and no program's."""


class NobodyAnswersError(ProServiceError):
    """A program needs a person of the study who answers for it."""


class ExportsNotAllowedError(ProServiceError):
    """A key for exports needs an administrator who allows it."""

    def __init__(self) -> None:
        """Say how that is said."""
        super().__init__(
            mend="Name them and why: --by LOGIN --reason; their password is asked for."
        )


class Allowance(NamedTuple):
    """Who allowed a program to take exports, having proved who they are, and why."""

    by: str
    """The administrator, as the record names them."""
    reason: str


@dataclass(frozen=True)
class Entering:
    """How a program comes into a study: who answers for it, and what it is where."""

    answers: str
    """The login of who answers for it."""
    role: Role
    site: str | None
    """Code of the site; None: at every site."""


@dataclass(frozen=True)
class KeyWish:
    """The key that is wanted: of which program, for what, for how long."""

    login: str
    scopes: frozenset[Scope]
    days: int
    per_minute: int = PER_MINUTE
    entering: Entering | None = None
    """For a program that is new; None: one that is known keeps the roles it has."""
    allowed: Allowance | None = None
    """Needed for exports."""


class MadeKey(NamedTuple):
    """A key that was made: shown this once."""

    id: UUID
    key: str
    login: str
    until: datetime


def key_sha256(key: str) -> bytes:
    """What is kept of a key; its 256 bits need no slower hash."""
    return hashlib.sha256(key.encode(errors="surrogatepass")).digest()


async def make_key(connection: Connection, study_id: UUID, wish: KeyWish, *, actor: str) -> MadeKey:
    """Make a key for a program, which is added with a role if it is new.

    Raises NoProgramError, NobodyAnswersError, UnknownNameError, UnclearNameError, LoginError,
    TakenError, ExportsNotAllowedError.
    """
    if Scope.export in wish.scopes and wish.allowed is None:
        raise ExportsNotAllowedError
    async with transaction(connection) as held:
        if wish.entering is not None:
            await _enter(held, study_id, wish.login, wish.entering, actor)
        person = await find_known(held, wish.login, study_id, mend=_SAY_WHO)
        if await keys.find_program(held, person.id) is None:
            raise _is_person(person.login)
        member = await people.find_membership(held, study_id, person.id)
        if member is None or member.ended:
            raise UnknownNameError(
                f"{person.login} is no member of this study.",
                mend=_SAY_WHO,
            )
        key = f"{KEY_BEGINS}{secrets.token_urlsafe(_KEY_BYTES)}"
        scopes = tuple(sorted(wish.scopes))
        of = (new_id(), member.id, key_sha256(key), scopes)
        row = NewKey(*of, wish.per_minute, wish.days, *(wish.allowed or (None, None)))
        until = await keys.insert_api_key(held, study_id, row, actor)
    return MadeKey(row.id, key, person.login, until)


async def list_keys(connection: Connection, study_id: UUID) -> Sequence[KeyRow]:
    """Every key of a study, in the order in which they were made."""
    return await keys.list_api_keys(connection, study_id)


async def end_key(
    connection: Connection, study_id: UUID, key_id: str, *, reason: str, actor: str
) -> None:
    """End a key, from the next request on. Raises UnknownNameError."""
    try:
        wanted = UUID(key_id)
    except ValueError:
        wanted = None
    if wanted is None or not await keys.end_api_key(
        connection, study_id, wanted, new_id(), reason=reason, actor=actor
    ):
        raise UnknownNameError(
            f"There is no key {key_id} that holds.", mend="See pro-service api-key list."
        )


async def _enter(
    connection: Connection, study_id: UUID, login: str, entering: Entering, actor: str
) -> None:
    """Give a program a role in the study; who is known already must be a program."""
    answers = await _who_answers(connection, study_id, entering.answers)
    added = await add_staff(
        connection,
        study_id,
        login=login,
        language="en",
        site_code=entering.site,
        role=entering.role,
        actor=actor,
    )
    person = await find_known(connection, added.login, study_id)
    if added.joining is Joining.new_person:
        await keys.insert_program(connection, person.id, answers, actor)


async def _who_answers(connection: Connection, study_id: UUID, login: str) -> UUID:
    """The member of the study who is to answer. Raises NobodyAnswersError, UnknownNameError."""
    person = await find_known(connection, login, study_id)
    member = await people.find_membership(connection, study_id, person.id)
    program = await keys.find_program(connection, person.id)
    if member is None or member.ended or program is not None:
        raise NobodyAnswersError(mend="Name somebody who works in it: --for LOGIN.")
    return person.id


def _is_person(login: str) -> NoProgramError:
    return NoProgramError(f"{login} is a person, and no program.", mend="Take another login.")
