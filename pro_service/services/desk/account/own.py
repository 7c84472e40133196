"""One's own sessions, seen and ended, and one's own password, changed."""

from __future__ import annotations

from pro_service.domain.study.people import as_typed
from pro_service.services.desk.account.proving import ProofRefusedError, verify_password
from pro_service.services.desk.seat import Session
from pro_service.services.desk.sign_in import IDLE, LIFETIME, Whence, session_sha256
from pro_service.services.study import Passwords, check_password
from pro_service.store.account import own
from pro_service.store.account.own import OwnSession
from pro_service.store.connection import Connection
from pro_service.store.ids import new_id


async def list_sessions(connection: Connection, session: Session) -> list[OwnSession]:
    """The open sessions of whoever is in, the present one first."""
    return await own.list_own_sessions(
        connection, session_sha256(session), idle=IDLE, lifetime=LIFETIME
    )


async def end_sessions(connection: Connection, session: Session, mark: str | None) -> int:
    """End one further session of theirs by its mark, or (None) all of them; how many ended."""
    return await own.end_own_sessions(connection, session_sha256(session), mark)


async def change_password(
    connection: Connection,
    passwords: Passwords,
    session: Session,
    typed: tuple[str, str],
    place: Whence,
) -> None:
    """Change one's own password; every other session of theirs ends, in every study.

    `typed` is the old one and the new one. Raises WeakPasswordError, ProofRefusedError,
    SignInThrottledError.
    """
    old, new = typed
    check_password(as_typed(session.row.person_login), new)
    verified = await verify_password(connection, passwords, session, old, place)
    changed = await own.change_own_password(
        connection,
        session_sha256(session),
        new_id(),
        new_hash=await passwords.hash(new),
        verified=verified,
    )
    if not changed:
        raise ProofRefusedError
