"""Cursors of lists: where a page ended, opaque to whoever hands one back.

A cursor names the list and the last item's place in its order, so a page is the same whatever was
added meanwhile before it, and a cursor of another list is refused. It opens nothing: what is
seen is decided anew at each page.
"""

from __future__ import annotations

import base64
import binascii
import json
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.tables.characters import has_control


class CursorError(ProServiceError):
    """This cursor is none of this list's."""

    def __init__(self) -> None:
        """Say what to do about it."""
        super().__init__(mend="Take `next` of the page before, or leave `after` out.")


def write_cursor(name: str, place: str) -> str:
    """The cursor of a list after an item."""
    held = json.dumps([name, place], ensure_ascii=False, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(held).decode().rstrip("=")


def read_cursor(name: str, cursor: str | None) -> str | None:
    """The place a cursor of this list names; None: the beginning. Raises CursorError."""
    if cursor is None:
        return None
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        held = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError):
        raise CursorError from None
    match held:
        case [str(listed), str(place)] if listed == name and not has_control(place):
            return place
    raise CursorError


def read_id_cursor(name: str, cursor: str | None) -> UUID | None:
    """The same where the place is an id. Raises CursorError."""
    place = read_cursor(name, cursor)
    try:
        return None if place is None else UUID(place)
    except ValueError:
        raise CursorError from None
