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
from pro_service.domain.study.permissions import Role
from pro_service.services.desk.seat import Place, Seat, Session
from pro_service.services.study import LONGEST_PASSWORD, Passwords
from pro_service.store.base.queues import give_places_back
from pro_service.store.connection import Connection
from pro_service.store.desk import sessions
from pro_service.store.desk.sessions import Opened, OwnStudy, SessionRow, Try
from pro_service.store.live import news
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
LONGEST_DEVICE: Final = 300
_TOKEN_BYTES: Final = 32
_MARK: Final = re.compile("[0-9a-f]{64}")


class Whence(NamedTuple):
    """Where a request came from: the address, as it is recorded, and its network, for counting."""

    address: str
    network: str
    device: str | None = None
    """What the browser calls itself, for the owner of the session to know it by."""


class Door(NamedTuple):
    """What this installation asks for at the door, beside a password."""

    factor_roles: frozenset[Role] = frozenset()
    """Who holds one of them needs a second factor, in whichever study."""
    proof_for_numbers: bool = False
    """Whether seeing a number asks for the password anew, as signing and exporting do."""


PLAIN_DOOR: Final = Door()


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
    tried = try_of(None if known is None else known.person_id, bare_name(typed), place)
    counted = await take_turn(connection, tried)
    # No connection is held while hashing, if `connection` is the pool.
    stored = None if known is None else known.password_hash
    if not await passwords.matches(stored, password[:LONGEST_PASSWORD]) or known is None:
        await sessions.refuse_sign_in(connection, tried)
        raise SignInRefusedError
    token = new_token()
    chosen = straight_in(known.memberships, typed)
    begun: sessions.Begun = "stopped"
    if not known.disabled:
        begun = await sessions.begin_session(
            connection,
            sha256_of(token),
            known,
            staff_id=None if chosen is None else chosen.staff_id,
            opened=Opened(
                place.address,
                place.device[:LONGEST_DEVICE] if place.device else None,
                sha256_of(replaces) if replaces else None,
            ),
        )
    if begun != "begun":
        await sessions.refuse_sign_in(connection, tried)
        raise SignInStoppedError if begun == "stopped" else SignInRefusedError
    await give_back(connection, counted)
    return token


def try_of(person_id: UUID | None, name: str, place: Whence) -> Try:
    """A try at a name from a place, as it is counted."""
    return Try(person_id, sha256_of(name), sha256_of(place.network), place.address)


async def take_turn(
    connection: Connection, tried: Try, *, everywhere: int | None = None
) -> list[Queue]:
    """Count a try and wait until it may be looked at; returns the queues it has places in.

    `everywhere` is how many from wherever go at once, if not as many as of passwords. Raises
    SignInThrottledError.
    """
    queues = _queues_of(tried, everywhere or TRIES_EVERYWHERE)
    turn = await sessions.begin_sign_in(
        connection, tried, queues, per_pair=TRIES_A_LOGIN, within=TRIES_WITHIN
    )
    if turn.wait is None:
        raise SignInThrottledError(turn.again or TRIES_WITHIN)
    await asyncio.sleep(turn.wait.total_seconds())
    return queues if turn.counted else []


async def give_back(connection: Connection, counted: list[Queue]) -> None:
    """The try was right: it has no place in any queue."""
    if counted:
        await give_places_back(connection, counted)


def _queues_of(tried: Try, everywhere: int) -> list[Queue]:
    """Where a try waits whose sender has not signed in from there before."""
    source, login = tried.network_sha256, tried.login_sha256
    per_network, per_name = TRIES_WITHIN / TRIES_AN_ADDRESS, TRIES_WITHIN / everywhere
    return [
        Queue("sign-in from", source, per_network, TRIES_AN_ADDRESS, LONGEST_WAIT),
        Queue("sign-in as", login, per_name, everywhere, LONGEST_WAIT, FRESH_WAIT),
    ]


async def find_session(
    connection: Connection, token: str, door: Door = PLAIN_DOOR
) -> Session | None:
    """Who a session's token is, or None once it ended, was revoked or ran out; it is used by this.

    A Seat, if they are in a study of theirs. Nobody yet, while the second factor was not given
    that they have, or need.
    """
    return _session_of(await _find_row(connection, token), token, door)


async def look_at_session(
    connection: Connection, token: str, door: Door = PLAIN_DOOR
) -> Session | None:
    """The same, of what the browser asks by itself: the session lasts no longer for it."""
    if not token:
        return None
    row = await news.look_at_session(connection, sha256_of(token), idle=IDLE, lifetime=LIFETIME)
    return _session_of(row, token, door)


def _session_of(row: SessionRow | None, token: str, door: Door) -> Session | None:
    if row is None or _lacks_factor(row, door):
        return None
    if row.study_id is None or row.staff_id is None or row.login is None:
        return Session(row, token)
    place = Place(row.study_id, row.staff_id, row.login, row.assignments)
    return Seat(row, token, staff=place)


async def find_half_session(
    connection: Connection, token: str, door: Door = PLAIN_DOOR
) -> Session | None:
    """Whose password was right and whose second factor was not given yet; it opens nothing else."""
    row = await _find_row(connection, token)
    return Session(row, token) if row is not None and _lacks_factor(row, door) else None


async def _find_row(connection: Connection, token: str) -> SessionRow | None:
    if not token:
        return None
    return await sessions.use_session(connection, sha256_of(token), idle=IDLE, lifetime=LIFETIME)


def _lacks_factor(row: SessionRow, door: Door) -> bool:
    """Whether a second factor is still to be given: one they have, or their role demands."""
    return not row.factor_proved and (row.has_factor or bool(row.held_roles & door.factor_roles))


def new_token() -> str:
    """The id of a new session, for the cookie alone."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def session_sha256(session: Session) -> bytes:
    """How the database knows a session."""
    return sha256_of(session.token)


async def was_stopped(connection: Connection, token: str) -> bool:
    """Whether a session ended because the person was stopped."""
    return await sessions.get_session_end(connection, sha256_of(token)) == "disabled"


async def list_studies(connection: Connection, session: Session) -> list[OwnStudy]:
    """The studies this person may work in now, with their roles in each."""
    return await sessions.list_own_studies(connection, sha256_of(session.token))


async def choose_study(connection: Connection, session: Session, study_id: UUID) -> str | None:
    """Go on in a study of theirs: the new session's id; None if it is not theirs (any more).

    The old id is worth nothing from then on, and forms made for it are refused: what was shown of
    one study is never done in another.
    """
    token = new_token()
    chosen = await sessions.choose_study(
        connection, sha256_of(session.token), study_id, sha256_of(token)
    )
    return token if chosen else None


async def sign_out(connection: Connection, token: str) -> None:
    """End a session; one that has ended stays as it is."""
    await sessions.end_staff_session(connection, sha256_of(token))


def mark_of(token: str) -> str:
    """What tells participants' pages in this browser that the desk is open; it opens nothing."""
    return sha256_of(token).hex()


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


def sha256_of(text: str) -> bytes:
    """How the database knows a session's id, or a name that was tried."""
    return hashlib.sha256(text.encode()).digest()
