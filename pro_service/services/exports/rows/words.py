"""Rows of free words about one participant, opened for who may have them. Touches no database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from pro_service.services.exports.columns import Row
from pro_service.services.exports.rows.reading import WITHDREW, Person
from pro_service.store.exports.words import ExportedWords
from pro_service.vault.places import INBOUND_BODY
from pro_service.vault.places import WORDS as NOTE
from pro_service.vault.vault import DataKeyMissingError, Vault, WrappedKey

_ERASED: Final = "erased"
_TEXT: Final = "text"
_RESTRICTED: Final = "restricted"


def word_rows(
    vault: Vault, person: Person, words: Sequence[ExportedWords], *, restricted: bool
) -> Iterator[Row]:
    """A row for each; without the words of whoever is restricted or withdrew their use, and where
    their key is gone.
    """
    withheld = WITHDREW if person.withdrew else _RESTRICTED if restricted else None
    for one in words:
        said = None if withheld else _opened(vault, one)
        missing = withheld or (_ERASED if said is None else None)
        yield (
            *(*person.cells, str(one.id), one.about),
            None if one.about_id is None else str(one.about_id),
            *(one.by_participant, said, missing, one.recorded_at, one.actor),
        )


def _opened(vault: Vault, one: ExportedWords) -> str | None:
    if one.key_id is None or one.wrapped is None or one.wrapping_key is None:
        return None
    vault.admit(WrappedKey(one.key_id, one.wrapped, one.wrapping_key))
    place = INBOUND_BODY if one.about == _TEXT else NOTE
    try:
        return place.open(vault, one.words_sealed, key=one.words_key, row_id=one.id)
    except DataKeyMissingError:
        return None
