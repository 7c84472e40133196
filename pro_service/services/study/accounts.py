"""Accounts of staff as whoever keeps them does: links that set a password, roles taken back.

The same for an operator's commands and for an administrator at the desk, whom the database holds to
what is theirs. Links are machine time.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.study.permissions import Role
from pro_service.messaging.gateway import AmbiguousError, GatewayError
from pro_service.messaging.staff_mail import StaffLetter
from pro_service.services.base.telling import Telling
from pro_service.services.study.sites import UnknownNameError, site_id_of
from pro_service.services.study.staff import find_known
from pro_service.services.study.told_at import ToldAt
from pro_service.store.account import factors, links
from pro_service.store.account.links import LinkKind, LinkRow
from pro_service.store.connection import Connection, transaction
from pro_service.store.ids import new_id
from pro_service.store.study import people

LINK_LASTS: Final = timedelta(days=3)
LINK_PATH: Final = "/desk/link"
_TOKEN_BYTES: Final = 32


class MadeLink(NamedTuple):
    """A link to be handed on once: it is kept nowhere but as a hash."""

    login: str
    kind: LinkKind
    address: str
    until: datetime
    """Machine time, in UTC."""


class NoFactorError(UnknownNameError):
    """This person has no second factor."""


def link_sha256(token: str) -> bytes:
    """How the database knows a link."""
    return hashlib.sha256(token.encode()).digest()


async def make_link(
    connection: Connection,
    public_url: str,
    *,
    login: str,
    kind: LinkKind,
    actor: str,
    reason: str | None = None,
) -> MadeLink:
    """Make a link by which somebody sets their password; one of theirs that was open ends.

    Raises UnknownNameError, UnclearNameError.
    """
    person = await find_known(connection, login)
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    row = LinkRow(new_id(), person.id, kind, link_sha256(token), LINK_LASTS, actor, reason)
    until = await links.insert_account_link(connection, row)
    return MadeLink(person.login, kind, f"{public_url}{LINK_PATH}/{token}", until)


async def send_link(telling: Telling, made: MadeLink, to: ToldAt) -> bool:
    """Send a link by e-mail; False where it may not have arrived and is to be handed on."""
    words, key = telling.words, f"notice.{made.kind}"
    given = {"login": made.login, "link": made.address, "until": f"{made.until:%Y-%m-%d %H:%M}"}
    letter = StaffLetter(
        letter_id=new_id(),
        to=to.address,
        title=words.text(f"{key}.title", to.language),
        body=words.text(f"{key}.body", to.language, **given),
    )
    try:
        await telling.mail.send(letter)
    except (AmbiguousError, GatewayError):
        return False
    return True


async def reset_factor(connection: Connection, *, login: str, reason: str, actor: str) -> str:
    """Take a person's second factor away, for one that is lost; returns their login.

    Their next sign-in sets up another where their role demands one. Raises UnknownNameError,
    UnclearNameError, NoFactorError.
    """
    person = await find_known(connection, login)
    if not await factors.end_factor(connection, person.id, new_id(), actor=actor, reason=reason):
        raise NoFactorError(f"{person.login} has no second factor.")
    return person.login


async def take_role(
    connection: Connection,
    study_id: UUID,
    *,
    login: str,
    role: Role,
    site_code: str | None,
    reason: str,
) -> str:
    """Take a role back, from the next request on; returns the login.

    `site_code` is where it is held; None: in the whole study. Raises UnknownNameError,
    UnclearNameError.
    """
    site_id = await site_id_of(connection, study_id, site_code)
    async with transaction(connection) as held:
        person = await find_known(held, login, study_id)
        await people.give_reason(held, reason)
        if not await people.end_role(held, study_id, person.id, role, site_id):
            where = "in the whole study" if site_code is None else f"at {site_code}"
            raise UnknownNameError(
                f"{person.login} is no {role} {where}.", mend="See pro-service staff list."
            )
    return person.login
