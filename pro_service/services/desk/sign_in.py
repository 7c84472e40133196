"""Staff sign in with name and password; a session in the database says who they are from then on.

Limits are machine time. A refusal says the same, and takes about as long, whether the name exists.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
from datetime import timedelta
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.people import as_typed, bare_name, straight_in
from pro_service.services.desk.seat import Place, Seat, Session
from pro_service.services.study import LONGEST_PASSWORD, Passwords
from pro_service.store.base.queues import give_places_back
from pro_service.store.connection import Connection
from pro_service.store.desk import sessions
from pro_service.store.desk.sessions import OwnStudy, Try, Turn
from pro_service.store.queues import Queue

IDLE: Final = timedelta(minutes=30)
"""A session nobody uses ends after this long."""
LIFETIME: Final = timedelta(hours=12)
"""No session lasts longer, however busy."""
TRIES_A_LOGIN: Final = 8
"""Wrong tries at one name from one network within `TRIES_WITHIN`; elsewhere the name is free."""
TRIES_WITHIN: Final = timedelta(minutes=15)
TRIES_AN_ADDRESS: Final = 60
"""Wrong tries from one network, at whatever names, before they wait for one another: a hospital's
staff may share one address."""
TRIES_EVERYWHERE: Final = 60
"""Wrong tries at one name, from wherever, before they wait for one another."""
LONGEST_WAIT: Final = timedelta(seconds=20)
"""Who would wait longer is told when to come again."""
FRESH_WAIT: Final = timedelta(seconds=20)
"""So much longer may wait at a name whoever tried nothing for an hour."""
_TOKEN_BYTES: Final = 32
_MARK: Final = re.compile("[0-9a-f]{64}")


class Whence(NamedTuple):
    """Where a request came from: the address, as it is recorded, and its network, for counting."""

    address: str
    network: str


class SignInRefusedError(ProServiceError):
    """Name and password do not belong together."""


class SignInStoppedError(ProServiceError):
    """Name and password are right, and this person has been stopped."""


class SignInThrottledError(ProServiceError):
    """There were too many tries; wait and try again."""

    def __init__(self, again: timedelta) -> None:
        """Keep how long to wait before the next try (machine time)."""
        super().__init__()
        self.again = again


async def sign_in(
    connection: Connection,
    passwords: Passwords,
    *,
    login: str,
    password: str,
    place: Whence,
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
        _sha256(place.network),
        place.address,
    )
    queues = _queues_of(tried)
    turn = await _await_turn(connection, tried, queues)
    # No connection is held while hashing, if `connection` is the pool.
    stored = None if known is None else known.password_hash
    if not await passwords.matches(stored, password[:LONGEST_PASSWORD]) or known is None:
        await sessions.refuse_sign_in(connection, tried)
        raise SignInRefusedError
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    chosen = straight_in(known.memberships, typed)
    begun: sessions.Begun = "stopped"
    if not known.disabled:
        begun = await sessions.begin_session(
            connection,
            _sha256(token),
            known,
            staff_id=None if chosen is None else chosen.staff_id,
            address=place.address,
            replaced_sha256=_sha256(replaces) if replaces else None,
        )
    if begun != "begun":
        await sessions.refuse_sign_in(connection, tried)
        raise SignInStoppedError if begun == "stopped" else SignInRefusedError
    if turn.counted:
        await give_places_back(connection, queues)
    return token


async def prove_again(
    connection: Connection, passwords: Passwords, session: Session, password: str, place: Whence
) -> None:
    """Let whoever is signed in prove anew that it is they who sign; the session goes on as it is.

    Tries count as those of signing in do. What else must be proven is asked for here, too. Raises
    SignInRefusedError, SignInThrottledError.
    """
    login = session.row.person_login
    known = await sessions.find_sign_in(connection, login)
    person = (
        session.row.person_id,
        _sha256(bare_name(login)),
        _sha256(place.network),
        place.address,
    )
    tried = Try(*person)
    queues = _queues_of(tried)
    turn = await _await_turn(connection, tried, queues)
    stored = None if known is None else known.password_hash
    right = await passwords.matches(stored, password[:LONGEST_PASSWORD])
    if not right or known is None or known.disabled or known.person_id != session.row.person_id:
        await sessions.refuse_sign_in(connection, tried)
        raise SignInRefusedError
    if turn.counted:
        await give_places_back(connection, queues)


async def _await_turn(connection: Connection, tried: Try, queues: list[Queue]) -> Turn:
    """Wait until a try may be looked at. Raises SignInThrottledError."""
    turn = await sessions.begin_sign_in(
        connection, tried, queues, per_pair=TRIES_A_LOGIN, within=TRIES_WITHIN
    )
    if turn.wait is None:
        raise SignInThrottledError(turn.again or TRIES_WITHIN)
    await asyncio.sleep(turn.wait.total_seconds())
    return turn


def _queues_of(tried: Try) -> list[Queue]:
    """Where a try waits whose sender has not signed in from there before."""
    source, login = tried.network_sha256, tried.login_sha256
    per_network, per_name = TRIES_WITHIN / TRIES_AN_ADDRESS, TRIES_WITHIN / TRIES_EVERYWHERE
    return [
        Queue("sign-in from", source, per_network, TRIES_AN_ADDRESS, LONGEST_WAIT),
        Queue("sign-in as", login, per_name, TRIES_EVERYWHERE, LONGEST_WAIT, FRESH_WAIT),
    ]


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


def session_sha256(session: Session) -> bytes:
    """How the database knows a session."""
    return _sha256(session.token)


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
