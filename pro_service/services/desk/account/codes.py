"""Codes of a second factor: of the telephone (TOTP, RFC 6238), or of the list shown once.

A code counts once, within one step of half a minute before and after the database's clock. Tries
are counted apart from those of passwords: whoever has a password makes no room for guessing codes.
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from typing import Final, NamedTuple

import pyotp

from pro_service.domain.errors import ProServiceError
from pro_service.services.base.keys import Keys
from pro_service.services.desk.seat import Session
from pro_service.services.desk.sign_in import (
    Whence,
    give_back,
    session_sha256,
    take_turn,
    try_of,
)
from pro_service.store.account import factors, own
from pro_service.store.account.factors import CodeKind, FactorRow
from pro_service.store.connection import Connection
from pro_service.vault.places import FACTOR_SECRET
from pro_service.vault.vault import DataKeyMissingError, WrappedKey

DRIFT: Final = (0, -1, 1)
"""Steps of half a minute a telephone's clock may be off."""
TRIES_EVERYWHERE: Final = 10
"""Wrong codes of one person, from wherever, in a quarter of an hour: 1,000 a day of a million."""
_BLANKS: Final = re.compile(r"[\s-]+")
_DIGITS: Final = re.compile("[0-9]{6}")


class SecondStepError(ProServiceError):
    """This code is not right, or was used before."""


class _Used(NamedTuple):
    """Which code it is: the half minute it is of, or its place in the list."""

    kind: CodeKind
    which: int


async def check_code(
    connection: Connection, keys: Keys, session: Session, code: str, place: Whence
) -> None:
    """Use up a code of whoever is in by a session.

    Raises SecondStepError, SignInThrottledError, SealBrokenError, DataKeyMissingError.
    """
    tried = try_of(None, f"code of {session.row.person_id}", place)
    counted = await take_turn(connection, tried, everywhere=TRIES_EVERYWHERE)
    factor = await factors.find_factor(connection, session.row.person_id)
    used = None if factor is None else _read(keys, factor, code)
    known = session_sha256(session)
    if (
        factor is None
        or used is None
        or not await factors.use_code(connection, known, factor.id, *used)
    ):
        await own.refuse_proof(connection, known, place.address)
        raise SecondStepError
    await give_back(connection, counted)
    await own.forget_tries(connection, tried.login_sha256)


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The half minute a telephone's code is of, if it is one of about now."""
    given = _BLANKS.sub("", code)
    if not _DIGITS.fullmatch(given):
        return None
    totp = pyotp.TOTP(secret)
    step = totp.timecode(now)
    return next(
        (
            step + drift
            for drift in DRIFT
            if pyotp.utils.strings_equal(totp.generate_otp(step + drift), given)
        ),
        None,
    )


def recovery_sha256(code: str) -> bytes:
    """How a recovery code is kept; small letters and hyphens are the same."""
    return hashlib.sha256(_BLANKS.sub("", code).upper().encode()).digest()


def _read(keys: Keys, factor: FactorRow, code: str) -> _Used | None:
    sought = recovery_sha256(code)
    if sought in factor.recovery_sha256:
        return _Used("recovery", list(factor.recovery_sha256).index(sought))
    step = step_of(open_secret(keys, factor), code, factor.now)
    return None if step is None else _Used("code", step)


def open_secret(keys: Keys, factor: FactorRow) -> str:
    """What the telephone makes codes of. Raises SealBrokenError, DataKeyMissingError."""
    if factor.key_id is None or factor.wrapped is None or factor.wrapping_key is None:
        raise DataKeyMissingError
    keys.vault.admit(WrappedKey(factor.key_id, factor.wrapped, factor.wrapping_key))
    return FACTOR_SECRET.open(
        keys.vault, factor.secret_sealed, key=factor.secret_key, row_id=factor.id
    )
