"""Locks (R14): who may lift one, and when that takes two persons (R15)."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from pro_service.domain.errors import ProServiceError

ASKED_FOR: Final = timedelta(days=7)
"""So long another person may lift what one has asked for (study time)."""
TWO_PERSONS: Final = frozenset({"site", "study"})
"""What is lifted by two persons: more than one participant is locked."""


class LockRefusal(StrEnum):
    """Why something cannot be locked, or a lock not lifted."""

    unknown = "unknown"
    """There is no such site, participant or visit."""
    not_closed = "not_closed"
    """Nothing of it has closed, or all that has is locked."""
    lifted = "lifted"
    """The lock was lifted before."""
    alone = "alone"
    """Whoever asked does not lift it: another person does."""
    nameless = "nameless"
    """A signature needs a name to print."""


class LockRefusedError(ProServiceError):
    """This cannot be locked or unlocked so."""

    def __init__(
        self, why: LockRefusal, message: str | None = None, mend: str | None = None
    ) -> None:
        """Keep why as the word of the error, and say it in words where there are any."""
        super().__init__(message, mend=mend, word=why.value)


class Asked(NamedTuple):
    """Who asked that a lock be lifted, and when (study time)."""

    by: str
    at: datetime


def lifts_now(scope: str, asked: Asked | None, actor: str, now: datetime) -> bool:
    """Whether a signature lifts the lock; False: it asks for it, and another person lifts it.

    Raises LockRefusedError where somebody would lift what they asked for themselves.
    """
    if scope not in TWO_PERSONS:
        return True
    if asked is None or asked.at + ASKED_FOR < now:
        return False
    if asked.by == actor:
        raise LockRefusedError(
            LockRefusal.alone, "Another person lifts what you have asked for, within 7 days."
        )
    return True
