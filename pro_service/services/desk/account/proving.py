"""Proving anew who one is, before what must not be done by whoever finds a desk left open.

The password, and the second factor of who has one; tried as seldom as at the door. Machine time.
"""

from __future__ import annotations

from typing import NamedTuple

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.people import bare_name
from pro_service.services.base.keys import Keys
from pro_service.services.desk.account.codes import check_code
from pro_service.services.desk.account.passkeys import Party, check_passkey
from pro_service.services.desk.seat import Session
from pro_service.services.desk.sign_in import (
    Whence,
    give_back,
    session_sha256,
    take_turn,
    try_of,
)
from pro_service.services.study import LONGEST_PASSWORD, Passwords
from pro_service.store.account import own
from pro_service.store.connection import Connection
from pro_service.store.desk import sessions


class ProofRefusedError(ProServiceError):
    """This is not your password."""


class KeyAnswer(NamedTuple):
    """What a passkey signed: for which address, its credential, and the challenge it was asked."""

    party: Party
    credential: str
    challenge: str


class Proof(NamedTuple):
    """What somebody gives to prove who they are."""

    password: str
    code: str = ""
    """Of the second factor; nobody else is asked for one."""
    key: KeyAnswer | None = None
    """What one of their passkeys signed, in place of a code."""


async def prove_again(
    connection: Connection,
    passwords: Passwords,
    keys: Keys,
    session: Session,
    proof: Proof,
    place: Whence,
) -> None:
    """Take a proof of who is in by a session, which is fresh from then on.

    Raises ProofRefusedError, SecondStepError, SignInThrottledError.
    """
    verified = await verify_password(connection, passwords, session, proof.password, place)
    if session.row.has_factor and proof.key is not None:
        party, *answer = proof.key
        await check_passkey(connection, session, party, (answer[0], answer[1]), place)
    elif session.row.has_factor:
        await check_code(connection, keys, session, proof.code, place)
    if not await own.prove_session(connection, session_sha256(session), verified, place.address):
        raise ProofRefusedError


async def verify_password(
    connection: Connection,
    passwords: Passwords,
    session: Session,
    password: str,
    place: Whence,
) -> str:
    """The hash of the password in force of who is in by a session, if this is the password.

    Raises ProofRefusedError, SignInThrottledError.
    """
    login = session.row.person_login
    tried = try_of(session.row.person_id, bare_name(login), place)
    counted = await take_turn(connection, tried)
    known = await sessions.find_sign_in(connection, login)
    stored = None if known is None else known.password_hash
    right = await passwords.matches(stored, password[:LONGEST_PASSWORD])
    if not right or known is None or known.person_id != session.row.person_id:
        await own.refuse_proof(connection, session_sha256(session), place.address)
        raise ProofRefusedError
    await give_back(connection, counted)
    await own.forget_tries(connection, tried.login_sha256)
    return known.password_hash
