"""Staff sign in with name and password; a session in the database says who they are from then on.

Limits are machine time. A refusal says the same, and takes about as long, whether the name exists.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from datetime import timedelta
from functools import cache
from typing import Final, NamedTuple
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type

from pro_service.domain.errors import ProServiceError
from pro_service.domain.instruments.model import Language
from pro_service.services.desk.seat import Seat
from pro_service.services.study import UnknownNameError, add_staff
from pro_service.store.connection import Connection, transaction
from pro_service.store.desk import sessions
from pro_service.store.ids import new_id
from pro_service.store.study import studies

IDLE: Final = timedelta(minutes=30)
"""A session nobody uses ends after this long."""
LIFETIME: Final = timedelta(hours=12)
"""No session lasts longer, however busy."""
TRIES_A_LOGIN: Final = 8
TRIES_AN_ADDRESS: Final = 60
"""Higher than for a name: a hospital's staff may share one address."""
TRIES_WITHIN: Final = timedelta(minutes=15)
SHORTEST_PASSWORD: Final = 12
LONGEST_PASSWORD: Final = 256
LONGEST_LOGIN: Final = 128
_DIFFERENT_CHARACTERS: Final = 5
_TOKEN_BYTES: Final = 32
_AT_ONCE: Final = 2
"""Hashes computed at the same time: each takes 19 MiB and a core."""


class SignInRefusedError(ProServiceError):
    """Name and password do not belong together."""


class SignInThrottledError(ProServiceError):
    """There were too many tries; wait a quarter of an hour."""


class WeakPasswordError(ProServiceError):
    """The password is too easy to guess."""


class SignedIn(NamedTuple):
    """A session has begun; `token` goes into the cookie and nowhere else."""

    token: str
    login: str


class Passwords:
    """Argon2id with 19 MiB, two passes, one lane; a few at a time, away from the event loop."""

    def __init__(self) -> None:
        """Nothing is hashed yet."""
        self._hasher = PasswordHasher(
            time_cost=2, memory_cost=19 * 1024, parallelism=1, type=Type.ID
        )
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def hash(self, password: str) -> str:
        """The hash as stored, parameters and salt included."""
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, stored: str | None, password: str) -> bool:
        """Whether the password is the one stored; the work is the same where none is stored."""
        async with self._turns:
            return await asyncio.to_thread(self._verify, stored, password)

    def _verify(self, stored: str | None, password: str) -> bool:
        nobodys = _nobodys_hash()
        try:
            self._hasher.verify(stored or nobodys, password)
        except (VerificationError, InvalidHashError):
            return False
        return stored is not None


@cache
def _nobodys_hash() -> str:
    """A hash of something nobody knows, to spend the same time on."""
    hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, type=Type.ID)
    return hasher.hash(secrets.token_urlsafe(_TOKEN_BYTES))


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


async def set_password(
    connection: Connection,
    passwords: Passwords,
    study_id: UUID,
    *,
    login: str,
    password: str,
    actor: str,
) -> None:
    """Give a member of staff a password, as an operator; open sessions of theirs end.

    Raises UnknownNameError, WeakPasswordError.
    """
    name = login.strip().lower()
    check_password(name, password)
    staff_id = await studies.find_staff(connection, study_id, name)
    if staff_id is None:
        raise UnknownNameError(
            f"There is no member of staff {name}.", mend="Add one: pro-service staff add."
        )
    await sessions.set_staff_password(
        connection,
        study_id,
        staff_id,
        new_id(),
        password_hash=await passwords.hash(password),
        actor=actor,
    )


def check_password(login: str, password: str) -> None:
    """Raise WeakPasswordError for a password too short, too long, or little but the name."""
    if len(password) < SHORTEST_PASSWORD:
        raise WeakPasswordError(
            f"The password has {len(password)} characters.",
            mend=f"Take at least {SHORTEST_PASSWORD}; a few words are easy to keep in mind.",
        )
    if len(password) > LONGEST_PASSWORD:
        raise WeakPasswordError(
            "The password is too long.", mend=f"Take at most {LONGEST_PASSWORD} characters."
        )
    without_name = password.lower().replace(login, "") if login else password.lower()
    if len(set(without_name)) < _DIFFERENT_CHARACTERS:
        raise WeakPasswordError(mend="Take a few words that have nothing to do with the name.")


async def revoke_sessions(connection: Connection, study_id: UUID, *, login: str, actor: str) -> int:
    """End every session of a member of staff; returns how many. Raises UnknownNameError."""
    staff_id = await studies.find_staff(connection, study_id, login.strip().lower())
    if staff_id is None:
        raise UnknownNameError(f"There is no member of staff {login}.")
    return await sessions.revoke_staff_sessions(connection, study_id, staff_id, actor)


async def make_staff(
    connection: Connection,
    study_id: UUID,
    *,
    login: str,
    password: str,
    site: str | None,
    role: str,
    language: Language = "en",
    actor: str = "service:demo",
) -> None:
    """Add (or assign to a further site) a member of staff who can sign in, as an operator.

    `site` is a site's code; None: the whole study. Raises UnknownNameError, WeakPasswordError.
    """
    passwords = Passwords()
    async with transaction(connection) as connection:
        await add_staff(
            connection,
            study_id,
            login=login,
            language=language,
            site_code=site,
            role=role,
            actor=actor,
        )
        await set_password(
            connection, passwords, study_id, login=login, password=password, actor=actor
        )


def _sha256(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
