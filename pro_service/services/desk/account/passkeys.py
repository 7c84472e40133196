"""Passkeys (WebAuthn): the second step of signing in by a key of the device, for who has codes too.

A challenge is random and bound to the session it was made for by that session's own secret, so
nothing of it is stored before it is used; once used, by a key that is made or by a session that
goes on, it counts no more. Which address a key is for is the installation's public one.

What reads and checks keys is loaded by whoever meets one: it is a hundred modules.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.services.desk.account.codes import TRIES_EVERYWHERE, SecondStepError
from pro_service.services.desk.account.factor import ISSUER, go_on
from pro_service.services.desk.seat import Session
from pro_service.services.desk.sign_in import (
    Whence,
    form_secret,
    give_back,
    session_sha256,
    take_turn,
    try_of,
)
from pro_service.store.account import own
from pro_service.store.account import passkeys as store
from pro_service.store.account.passkeys import NewPasskey, PasskeyRow
from pro_service.store.connection import Connection
from pro_service.store.ids import new_id

if TYPE_CHECKING:
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

LONGEST_NAME: Final = 60
LONGEST_CREDENTIAL: Final = 16_384
_NONCE: Final = 16


class PasskeyRefusedError(ProServiceError):
    """This passkey was not taken; nothing was changed."""


class Party(NamedTuple):
    """For which address keys are made, and the origin their browser must have been at."""

    id: str
    origin: str


class Asked(NamedTuple):
    """What the browser's key is asked, as its script takes it, and the challenge in it."""

    options: str
    challenge: str


def party_of(public_url: str) -> Party | None:
    """The address keys are for; None where there is none they can be for: a bare number."""
    parts = urlsplit(public_url)
    host = parts.hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        origin = f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port else "")
        return Party(host, origin) if host else None
    return None


async def list_passkeys(connection: Connection, session: Session) -> list[PasskeyRow]:
    """The passkeys of who is in, or is at the second step."""
    return await store.list_passkeys(connection, session.row.person_id)


def ask_for_new(session: Session, party: Party, known: list[PasskeyRow]) -> Asked:
    """What a device is asked to make a key of."""
    from webauthn import generate_registration_options, options_to_json
    from webauthn.helpers.structs import AuthenticatorSelectionCriteria, UserVerificationRequirement

    preferred = UserVerificationRequirement.PREFERRED
    challenge = _challenge(session)
    options = generate_registration_options(
        rp_id=party.id,
        rp_name=ISSUER,
        user_name=session.row.person_login,
        user_id=session.row.person_id.bytes,
        challenge=challenge,
        authenticator_selection=AuthenticatorSelectionCriteria(user_verification=preferred),
        exclude_credentials=_described(known),
    )
    return Asked(options_to_json(options), challenge.hex())


def ask_for_known(session: Session, party: Party, known: list[PasskeyRow]) -> Asked:
    """What one of the keys of who is in, or is at the second step, is asked to sign."""
    from webauthn import generate_authentication_options, options_to_json
    from webauthn.helpers.structs import UserVerificationRequirement

    challenge = _challenge(session)
    options = generate_authentication_options(
        rp_id=party.id,
        challenge=challenge,
        allow_credentials=_described(known),
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    return Asked(options_to_json(options), challenge.hex())


async def keep_passkey(
    connection: Connection, session: Session, party: Party, answer: tuple[str, str], name: str
) -> None:
    """Keep a key the device made; `answer` is its credential and the challenge it was asked with.

    Raises PasskeyRefusedError.
    """
    from webauthn import verify_registration_response
    from webauthn.helpers.exceptions import WebAuthnException

    credential, challenge = answer[0], _read_challenge(session, answer[1])
    if challenge is None or len(credential) > LONGEST_CREDENTIAL:
        raise PasskeyRefusedError
    try:
        made = verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
        )
    except (WebAuthnException, ValueError):
        raise PasskeyRefusedError from None
    row = NewPasskey(
        new_id(),
        made.credential_id,
        made.credential_public_key,
        made.sign_count,
        " ".join(name.split())[:LONGEST_NAME] or "passkey",
        hashlib.sha256(challenge).digest(),
    )
    if not await store.add_passkey(connection, session_sha256(session), row):
        raise PasskeyRefusedError


async def end_passkey(connection: Connection, session: Session, passkey_id: UUID) -> bool:
    """Let one of one's own keys open nothing any more; False: there is no such key."""
    return await store.end_passkey(connection, session_sha256(session), passkey_id)


async def give_passkey(
    connection: Connection,
    session: Session,
    party: Party,
    answer: tuple[str, str],
    place: Whence,
) -> str:
    """The second step of signing in by a key: the session's new id.

    Raises as `check_passkey`.
    """
    await check_passkey(connection, session, party, answer, place)
    return await go_on(connection, session, place)


async def check_passkey(
    connection: Connection,
    session: Session,
    party: Party,
    answer: tuple[str, str],
    place: Whence,
) -> None:
    """Use up a challenge that one of the keys of whoever is in by a session has signed.

    Tries are counted with those of codes. Raises SecondStepError, SignInThrottledError.
    """
    tried = try_of(None, f"code of {session.row.person_id}", place)
    counted = await take_turn(connection, tried, everywhere=TRIES_EVERYWHERE)
    known = session_sha256(session)
    used = await _verified(connection, session, party, answer)
    if used is None or not await store.use_passkey(connection, known, used[0], used[1:]):
        await own.refuse_proof(connection, known, place.address)
        raise SecondStepError
    await give_back(connection, counted)
    await own.forget_tries(connection, tried.login_sha256)


async def _verified(
    connection: Connection, session: Session, party: Party, answer: tuple[str, str]
) -> tuple[UUID, bytes, int] | None:
    """Which key signed, the hash of the challenge, and how far it has counted; None: none did."""
    from webauthn import verify_authentication_response
    from webauthn.helpers import parse_authentication_credential_json
    from webauthn.helpers.exceptions import WebAuthnException

    text, challenge = answer[0], _read_challenge(session, answer[1])
    if challenge is None or len(text) > LONGEST_CREDENTIAL:
        return None
    try:
        credential = parse_authentication_credential_json(text)
        known = await store.list_passkeys(connection, session.row.person_id)
        key = next((one for one in known if one.credential_id == credential.raw_id), None)
        if key is None:
            return None
        signed = verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=key.public_key,
            credential_current_sign_count=key.sign_count,
        )
    except (WebAuthnException, ValueError):
        return None
    return key.id, hashlib.sha256(challenge).digest(), signed.new_sign_count


def _described(known: list[PasskeyRow]) -> list[PublicKeyCredentialDescriptor]:
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

    return [PublicKeyCredentialDescriptor(id=one.credential_id) for one in known]


def _challenge(session: Session) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    return nonce + _bound(session, nonce)


def _read_challenge(session: Session, given: str) -> bytes | None:
    """A challenge a form brings back, if it was made for this session."""
    try:
        challenge = bytes.fromhex(given)
    except ValueError:
        return None
    nonce, bound = challenge[:_NONCE], challenge[_NONCE:]
    return challenge if hmac.compare_digest(_bound(session, nonce), bound) else None


def _bound(session: Session, nonce: bytes) -> bytes:
    key = form_secret(session.token).encode()
    return hmac.new(key, b"passkey\n" + nonce, hashlib.sha256).digest()
