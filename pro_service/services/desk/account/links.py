"""A password by a link that was handed on: an invitation, or a reset. Opening it does nothing."""

from __future__ import annotations

from pro_service.domain.errors import ProServiceError
from pro_service.services.desk.sign_in import Whence
from pro_service.services.study import Passwords, check_password, link_sha256
from pro_service.store.account import links
from pro_service.store.account.links import OpenLink
from pro_service.store.connection import Connection
from pro_service.store.ids import new_id


class LinkOverError(ProServiceError):
    """This link was used, renewed, or is over."""


async def find_link(connection: Connection, token: str) -> OpenLink:
    """Whose a link is. Raises LinkOverError."""
    link = await links.find_account_link(connection, link_sha256(token))
    if link is None:
        raise LinkOverError
    return link


async def set_password_by_link(
    connection: Connection, passwords: Passwords, token: str, password: str, place: Whence
) -> str:
    """Set a password by a link, which is used up; returns the login, to sign in with.

    Raises LinkOverError, WeakPasswordError: the link stays open then.
    """
    link = await find_link(connection, token)
    check_password(link.login, password)
    used = await links.use_account_link(
        connection,
        link_sha256(token),
        new_id(),
        new_id(),
        password_hash=await passwords.hash(password),
        address=place.address,
    )
    if not used:
        raise LinkOverError
    return link.login
