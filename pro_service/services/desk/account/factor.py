"""Setting up a second factor: a secret for the telephone, shown to its owner alone, and codes for
the day it is lost.

The secret is kept once a code shows that the telephone has it; until then it stands in the form,
bound to the session it was made for.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Final, NamedTuple

import pyotp
import segno

from pro_service.domain.errors import ProServiceError
from pro_service.services.base.keys import Keys, UnknownStudyError
from pro_service.services.desk.account.codes import (
    SecondStepError,
    check_code,
    open_secret,
    recovery_sha256,
    step_of,
)
from pro_service.services.desk.seat import Session
from pro_service.services.desk.sign_in import (
    Whence,
    form_secret,
    new_token,
    session_sha256,
    sha256_of,
)
from pro_service.store.account import factors
from pro_service.store.account.factors import SealedSecret
from pro_service.store.connection import Connection
from pro_service.store.ids import new_id
from pro_service.vault.places import FACTOR_SECRET
from pro_service.vault.vault import WrappedKey

RECOVERY_CODES: Final = 10
ISSUER: Final = "pro-service"
"""How telephones name the account, before the login."""
_RECOVERY_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without those that look alike."""
_RECOVERY_LENGTH: Final = 12
_GROUP: Final = 4


class OfferStaleError(ProServiceError):
    """This secret was made for another session; take the one that is shown now."""


class Offer(NamedTuple):
    """A secret to put into a telephone, and what binds it to the session it was made for."""

    secret: str
    proof: str
    picture: str
    """The same as an SVG picture for its camera."""


class SetUp(NamedTuple):
    """A second factor that is in force: the session's new id, and the codes, shown once."""

    token: str
    recovery: list[str]


def offer_secret(session: Session, secret: str | None = None) -> Offer:
    """A new secret for somebody's telephone, or the one that was offered."""
    kept = secret or pyotp.random_base32()
    link = pyotp.TOTP(kept).provisioning_uri(name=session.row.person_login, issuer_name=ISSUER)
    picture = segno.make(link, error="m", micro=False)
    drawn: str = picture.svg_inline(border=4, omitsize=True, light="#fff", svgclass="qr")
    return Offer(kept, _bound(session, kept), drawn)


async def set_up_factor(
    connection: Connection,
    keys: Keys,
    session: Session,
    offer: tuple[str, str],
    code: str,
    place: Whence,
) -> SetUp:
    """Keep a secret that was offered, once a code of it shows that the telephone has it.

    `offer` is the secret and what bound it. The session goes on under a new id, the factor given.
    Raises OfferStaleError, SecondStepError, and UnknownStudyError where no study of theirs has a
    key to seal it under.
    """
    secret, proof = offer
    if not hmac.compare_digest(_bound(session, secret).encode(), proof.encode()):
        raise OfferStaleError
    key = await factors.find_person_key(connection, session.row.person_id)
    if key is None:
        raise UnknownStudyError("No study of yours has a key.", mend="Load its protocol first.")
    step = step_of(secret, code, key.now)
    if step is None:
        raise SecondStepError
    keys.vault.admit(WrappedKey(key.id, key.wrapped, key.wrapping_key))
    row_id, recovery = new_id(), [_recovery_code() for _ in range(RECOVERY_CODES)]
    sealed = FACTOR_SECRET.seal(keys.vault, secret, data_key=key.id, row_id=row_id)
    hashes = [recovery_sha256(one) for one in recovery]
    kept = SealedSecret(row_id, key.study_id, sealed.ciphertext, sealed.key, hashes, step)
    await factors.set_factor(connection, session_sha256(session), kept)
    return SetUp(await go_on(connection, session, place), recovery)


async def renew_recovery(connection: Connection, keys: Keys, session: Session) -> list[str]:
    """New recovery codes in place of all there were; the telephone's secret stays.

    Raises SecondStepError where there is no second factor, SealBrokenError, DataKeyMissingError.
    """
    factor = await factors.find_factor(connection, session.row.person_id)
    if factor is None:
        raise SecondStepError
    secret = open_secret(keys, factor)
    key = await factors.find_person_key(connection, session.row.person_id)
    if key is None:
        raise UnknownStudyError("No study of yours has a key.", mend="Load its protocol first.")
    keys.vault.admit(WrappedKey(key.id, key.wrapped, key.wrapping_key))
    row_id, recovery = new_id(), [_recovery_code() for _ in range(RECOVERY_CODES)]
    sealed = FACTOR_SECRET.seal(keys.vault, secret, data_key=key.id, row_id=row_id)
    hashes = [recovery_sha256(one) for one in recovery]
    # The code that counted last stays used up.
    step = factor.last_step or 0
    kept = SealedSecret(row_id, key.study_id, sealed.ciphertext, sealed.key, hashes, step)
    await factors.set_factor(connection, session_sha256(session), kept)
    return recovery


async def give_code(
    connection: Connection, keys: Keys, session: Session, code: str, place: Whence
) -> str:
    """The second step of signing in: the session's new id. Whoever planted the old has nothing.

    Raises SecondStepError, SignInThrottledError.
    """
    await check_code(connection, keys, session, code, place)
    return await go_on(connection, session, place)


async def go_on(connection: Connection, session: Session, place: Whence) -> str:
    """Go on under a new session id, the second factor given. Raises SecondStepError."""
    token = new_token()
    known = session_sha256(session)
    if not await factors.pass_factor(connection, known, sha256_of(token), place.address):
        raise SecondStepError
    return token


def _bound(session: Session, secret: str) -> str:
    key = form_secret(session.token).encode()
    return hmac.new(key, f"second factor\n{secret}".encode(), hashlib.sha256).hexdigest()


def _recovery_code() -> str:
    drawn = "".join(secrets.choice(_RECOVERY_LETTERS) for _ in range(_RECOVERY_LENGTH))
    return "-".join(drawn[at : at + _GROUP] for at in range(0, _RECOVERY_LENGTH, _GROUP))
