"""What staff may take back: a slip of their own, of the last minutes, from which nothing followed.

The record is never unsaid. An undoing is an entry of its own that names what it takes back; what
was sent, or acted upon outside, cannot be called back and has no undoing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.errors import ProServiceError

UNDO_WITHIN: Final = timedelta(minutes=10)
"""Study time. Long enough to see a slip, too short for a change of mind; that is a new entry."""


class Undoable(StrEnum):
    """The kinds of things that can be taken back."""

    text_nothing = "text_nothing"
    """Nothing was needed about a text: it is to be read again."""
    alert_seen = "alert_seen"
    """An alert was seen: it counts as not seen, and telling goes on."""
    call_no_answer = "call_no_answer"
    """Nobody came to the telephone: the call is to be made at once, and the try does not count."""


class UndoRefusedError(ProServiceError):
    """This cannot be taken back."""


class NothingToUndoError(UndoRefusedError):
    """There is nothing of the kind to take back."""


class UndoAnothersError(UndoRefusedError):
    """Somebody else did it, and only they can take it back."""


class UndoLateError(UndoRefusedError):
    """It was done too long ago to be taken back."""


class UndoFollowedError(UndoRefusedError):
    """Something has followed from it, so that it stands."""


class Deed(NamedTuple):
    """Something that was done, as it stands now."""

    of_id: UUID
    """What an undoing names: the settlement, the alert, the call task."""
    at: datetime
    actor: str
    followed: bool
    """Whether something has come of it."""
    undone: bool
    again_id: UUID | None
    """Of a call the task it comes back as, if it does."""


def must_undo(deed: Deed | None, actor: str, now: datetime) -> bool:
    """Whether there is something left to take back; False: this person has done so already.

    Raises UndoRefusedError.
    """
    if deed is None:
        raise NothingToUndoError
    if deed.actor != actor:
        raise UndoAnothersError
    if deed.undone:
        return False
    if deed.followed:
        raise UndoFollowedError
    if now - deed.at > UNDO_WITHIN:
        raise UndoLateError
    return True
