"""Staff sign in with name and password; a session in the database says who they are from then on.

Limits are machine time. A refusal says the same, and takes about as long, whether the name exists.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import timedelta
from typing import Final
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.people import as_typed, bare_name, straight_in
from pro_service.services.desk.seat import Place, Seat, Session
from pro_service.services.study import LONGEST_PASSWORD, Passwords
from pro_service.store.connection import Connection
from pro_service.store.desk import sessions
from pro_service.store.desk.sessions import OwnStudy, Try

IDLE: Final = timedelta(minutes=30)
"""A session nobody uses ends after this long."""
LIFETIME: Final = timedelta(hours=12)
"""No session lasts longer, however busy."""
TRIES_A_LOGIN: Final = 8
TRIES_AN_ADDRESS: Final = 60
"""Higher than for a name: a hospital's staff may share one address."""
TRIES_WITHIN: Final = timedelta(minutes=15)
_TOKEN_BYTES: Final = 32
_MARK: Final = re.compile("[0-9a-f]{64}")


class SignInRefusedError(ProServiceError):
    """Name and password do not belong together."""


class SignInStoppedError(ProServiceError):
    """Name and password are right, and this person has been stopped."""


class SignInThrottledError(ProServiceError):
    """There were too many tries; wait a quarter of an hour."""


async def sign_in(
    connection: Connection,
    passwords: Passwords,
    *,
    login: str,
    password: str,
    address: str,
    replaces: str | None = None,
) -> str:
    """Begin a session under a new random id, which goes into the cookie and nowhere else.

    `replaces` is the id the browser showed before. A study's code may stand before the name
    (`study/name`): where several people have the name it says who is meant, and to whoever works in
    several studies it opens that one. Raises SignInRefusedError, SignInStoppedError,
    SignInThrottledError.
    """
    typed = as_typed(login)
    known = await sessions.find_sign_in(connection, typed)
    tried = Try(
        None if known is None else known.person_id,
        _sha256(bare_name(typed)),
        _sha256(address),
        address,
    )
    if not await sessions.begin_sign_in(
        connection,
        tried,
        per_login=TRIES_A_LOGIN,
        per_address=TRIES_AN_ADDRESS,
        within=TRIES_WITHIN,
    ):
        raise SignInThrottledError
    # No connection is held while hashing, if `connection` is the pool.
    stored = None if known is None else known.password_hash
    if not await passwords.matches(stored, password[:LONGEST_PASSWORD]) or known is None:
        await sessions.refuse_sign_in(connection, tried)
        raise SignInRefusedError
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    chosen = straight_in(known.memberships, typed)
    begun = not known.disabled and await sessions.begin_person_session(
        connection,
        _sha256(token),
        person_id=known.person_id,
        staff_id=None if chosen is None else chosen.staff_id,
        address=address,
        replaced_sha256=_sha256(replaces) if replaces else None,
    )
    if not begun:
        await sessions.refuse_sign_in(connection, tried)
        raise SignInStoppedError
    return token


async def find_session(connection: Connection, token: str) -> Session | None:
    """Who a session's token is, or None once it ended, was revoked or ran out.

    A Seat, if they are in a study of theirs.
    """
    if not token:
        return None
    row = await sessions.use_person_session(
        connection, _sha256(token), idle=IDLE, lifetime=LIFETIME
    )
    if row is None:
        return None
    if row.study_id is None or row.staff_id is None or row.login is None:
        return Session(row, token)
    place = Place(row.study_id, row.staff_id, row.login, row.assignments)
    return Seat(row, token, staff=place)


async def was_stopped(connection: Connection, token: str) -> bool:
    """Whether a session ended because the person was stopped."""
    return await sessions.get_session_end(connection, _sha256(token)) == "disabled"


async def list_studies(connection: Connection, session: Session) -> list[OwnStudy]:
    """The studies this person may work in now, with their roles in each."""
    return await sessions.list_own_studies(connection, _sha256(session.token))


async def choose_study(connection: Connection, session: Session, study_id: UUID) -> str | None:
    """Go on in a study of theirs: the new session's id; None if it is not theirs (any more).

    The old id is worth nothing from then on, and forms made for it are refused: what was shown of
    one study is never done in another.
    """
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    chosen = await sessions.choose_study(
        connection, _sha256(session.token), study_id, _sha256(token)
    )
    return token if chosen else None


async def sign_out(connection: Connection, token: str) -> None:
    """End a session; one that has ended stays as it is."""
    await sessions.end_staff_session(connection, _sha256(token))


def mark_of(token: str) -> str:
    """What tells participants' pages in this browser that the desk is open; it opens nothing."""
    return _sha256(token).hex()


async def is_open_there(connection: Connection, mark: str) -> bool:
    """Whether the session of a mark is open; never in a demo, whose visitor is everybody."""
    if not _MARK.fullmatch(mark):
        return False
    return await sessions.is_desk_open(
        connection, bytes.fromhex(mark), idle=IDLE, lifetime=LIFETIME
    )


def form_secret(token: str) -> str:
    """What every form of this session carries: only our own pages know it."""
    return hashlib.sha256(f"form:{token}".encode()).hexdigest()


def _sha256(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
