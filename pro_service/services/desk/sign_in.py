"""Staff sign in with name and password; a session in the database says who they are from then on.

Limits are machine time. A refusal says the same, and takes about as long, whether the name exists.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Final, NamedTuple

from pro_service.domain.errors import ProServiceError
from pro_service.services.desk.seat import Seat
from pro_service.services.study import LONGEST_PASSWORD, Passwords
from pro_service.store.connection import Connection
from pro_service.store.desk import sessions

IDLE: Final = timedelta(minutes=30)
"""A session nobody uses ends after this long."""
LIFETIME: Final = timedelta(hours=12)
"""No session lasts longer, however busy."""
TRIES_A_LOGIN: Final = 8
TRIES_AN_ADDRESS: Final = 60
"""Higher than for a name: a hospital's staff may share one address."""
TRIES_WITHIN: Final = timedelta(minutes=15)
LONGEST_LOGIN: Final = 128
_TOKEN_BYTES: Final = 32


class SignInRefusedError(ProServiceError):
    """Name and password do not belong together."""


class SignInThrottledError(ProServiceError):
    """There were too many tries; wait a quarter of an hour."""


class SignedIn(NamedTuple):
    """A session has begun; `token` goes into the cookie and nowhere else."""

    token: str
    login: str


async def sign_in(
    connection: Connection,
    passwords: Passwords,
    *,
    login: str,
    password: str,
    address: str,
    replaces: str | None = None,
) -> SignedIn:
    """Begin a session under a new random id; `replaces` is the id the browser showed before.

    A name several studies use is written `study/name`. Raises SignInRefusedError,
    SignInThrottledError.
    """
    study_code, _, name = login.strip().lower()[:LONGEST_LOGIN].rpartition("/")
    typed = _sha256(f"{study_code}/{name}")
    allowed = await sessions.begin_sign_in(
        connection,
        login_sha256=typed,
        address_sha256=_sha256(address),
        address=address,
        per_login=TRIES_A_LOGIN,
        per_address=TRIES_AN_ADDRESS,
        within=TRIES_WITHIN,
    )
    if not allowed:
        raise SignInThrottledError
    known = await sessions.find_sign_in(connection, name, study_code or None)
    # No connection is held while hashing, if `connection` is the pool.
    stored = None if known is None else known.password_hash
    if not await passwords.matches(stored, password[:LONGEST_PASSWORD]) or known is None:
        await sessions.refuse_sign_in(connection, known, login_sha256=typed, address=address)
        raise SignInRefusedError
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    await sessions.begin_staff_session(
        connection,
        known,
        session_sha256=_sha256(token),
        login_sha256=typed,
        address=address,
        replaced_sha256=_sha256(replaces) if replaces else None,
    )
    return SignedIn(token, known.login)


async def find_session(connection: Connection, token: str) -> Seat | None:
    """Who a session's token is, or None once it ended, was revoked or ran out."""
    if not token:
        return None
    staff = await sessions.use_staff_session(
        connection, _sha256(token), idle=IDLE, lifetime=LIFETIME
    )
    return None if staff is None else Seat(staff, token)


async def sign_out(connection: Connection, token: str) -> None:
    """End a session; one that has ended stays as it is."""
    await sessions.end_staff_session(connection, _sha256(token))


def form_secret(token: str) -> str:
    """What every form of this session carries: only our own pages know it."""
    return hashlib.sha256(f"form:{token}".encode()).hexdigest()


def _sha256(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
