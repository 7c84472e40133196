"""Passwords of staff: what is good enough, and how it is stored."""

from __future__ import annotations

import asyncio
import re
import secrets
import unicodedata
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type

from pro_service.domain.errors import ProServiceError
from pro_service.services.study.guessing import pieces

SHORTEST_PASSWORD: Final = 12
LONGEST_PASSWORD: Final = 256
FEWEST_PIECES: Final = 5
_DIFFERENT_CHARACTERS: Final = 5
_SHORTEST_NAME: Final = 3
_BETTER: Final = "Take a few words that have nothing to do with each other or with the name."
_SECRET_BYTES: Final = 32
_AT_ONCE: Final = 2
"""Hashes computed at the same time: each takes 19 MiB and a core."""


class WeakPasswordError(ProServiceError):
    """The password is too easy to guess."""


class Passwords:
    """Argon2id with 19 MiB, two passes, one lane; a few at a time, away from the event loop."""

    def __init__(self) -> None:
        """Nothing is hashed yet."""
        self._hasher = new_hasher()
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


def new_hasher() -> PasswordHasher:
    """What hashes passwords: Argon2id as OWASP's password storage cheat sheet asks for it."""
    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, type=Type.ID)


@cache
def _nobodys_hash() -> str:
    """A hash of something nobody knows, to spend the same time on."""
    return new_hasher().hash(secrets.token_urlsafe(_SECRET_BYTES))


def check_password(login: str, password: str) -> None:
    """Raise WeakPasswordError for a password that somebody who guesses would try soon.

    Too short or too long, blank, all digits (a telephone number, a date), with the login in it, of
    hardly any different characters, or little but common words and runs of keys (`guessing`).
    """
    if not password.strip():
        raise WeakPasswordError("The password is blank.", mend=_BETTER, word="blank")
    if len(password) < SHORTEST_PASSWORD:
        raise WeakPasswordError(
            f"The password has {len(password)} characters.",
            mend=f"Take at least {SHORTEST_PASSWORD}; a few words are easy to keep in mind.",
            word="short",
        )
    if len(password) > LONGEST_PASSWORD:
        raise WeakPasswordError(
            "The password is too long.",
            mend=f"Take at most {LONGEST_PASSWORD} characters.",
            word="long",
        )
    folded = unicodedata.normalize("NFKC", password).casefold()
    if any(name in folded for name in _names_in(login)):
        raise WeakPasswordError("The password has the login in it.", mend=_BETTER, word="login")
    if "".join(folded.split()).isdigit():
        raise WeakPasswordError("The password is all digits.", mend=_BETTER, word="digits")
    if len(set(folded)) < _DIFFERENT_CHARACTERS or pieces(password) < FEWEST_PIECES:
        raise WeakPasswordError(
            "The password is among those that are tried first: common words, runs of keys, years.",
            mend=_BETTER,
            word="common",
        )


def _names_in(login: str) -> list[str]:
    """The name behind the study, as it is written and without what stands between its parts."""
    bare = login.casefold().rpartition("/")[2]
    return [one for one in (bare, re.sub(r"[\W_]", "", bare)) if len(one) >= _SHORTEST_NAME]
