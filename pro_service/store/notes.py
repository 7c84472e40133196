"""Words of staff about a participant as they are stored: sealed, and named by a reference."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID


class OwnKey(NamedTuple):
    """A participant's own key, wrapped."""

    id: UUID
    wrapped: bytes
    wrapping_key: str


class NoteRow(NamedTuple):
    """Words as they are stored, sealed under the key of whom they are about."""

    id: UUID
    words_sealed: bytes
    words_key: str

    @property
    def reference(self) -> str:
        """What stands in the record in the place of the words: `note:<id>`."""
        return f"note:{self.id}"


class NoteSeen(NamedTuple):
    """A note with the wrapped key that opens it; no key where it was destroyed or is not seen."""

    id: UUID
    words_sealed: bytes
    words_key: str
    key_id: UUID | None
    wrapped: bytes | None
    wrapping_key: str | None
