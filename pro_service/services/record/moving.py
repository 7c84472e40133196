"""Words of staff that an older release kept in the clear, moved into notes under the keys.

A batch of participants is one transaction: it may break off anywhere, and the next run goes on with
what is left. It runs as the schema's owner, for nobody else can replace what was recorded; what was
replaced shows in the audit (entries of the operation LIST, rows of `audit_moved`).
"""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple, TypeAlias
from uuid import UUID

import asyncpg

from pro_service.services.base.key_check import demand_fitting_keys
from pro_service.services.base.notes import open_note, seal_words
from pro_service.store.connection import Connection, transaction
from pro_service.store.ids import new_id
from pro_service.store.notes import OwnKey
from pro_service.store.record import words as store
from pro_service.store.record.words import (
    MovedEntryRow,
    MovedNoteRow,
    WordsOfEntry,
    WordsOfRow,
)
from pro_service.vault.vault import Vault, WrappedKey

AT_ONCE: Final = 50
"""Participants moved in one transaction: the tables are locked for its length."""
_TRIES: Final = 40
_PAUSE: Final = 0.25
"""Seconds between two tries at a table that is in use."""
_OUTCOME: Final = re.compile(
    r"(?P<outcome>reached|no_answer|wrong_number|not_needed|other): ", re.A
)
_Person: TypeAlias = tuple[UUID, UUID]
Told = Callable[[int, int], None]
"""Told as it goes on: how many participants are done, out of how many."""


class Moved(NamedTuple):
    """How much was moved, and how much could not be: those participants have no key any more."""

    rows: int = 0
    entries: int = 0
    left: int = 0


@dataclass
class _Found:
    """What stands about one participant."""

    rows: list[WordsOfRow] = field(default_factory=list)
    entries: list[WordsOfEntry] = field(default_factory=list)


class _Notes:
    """The notes of one batch: words said twice about somebody are one note."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._known: dict[tuple[UUID, str], str] = {}
        self.rows: list[MovedNoteRow] = []

    def put(self, key: OwnKey, one: WordsOfRow | WordsOfEntry, *, is_outcome: bool) -> str:
        """What stands there from now on: an outcome keeps its word, the rest is a reference."""
        found = _OUTCOME.match(one.said) if is_outcome else None
        before = "" if found is None else found[0]
        at = one.recorded_at if isinstance(one, WordsOfRow) else one.at
        note = self._note(key, one.participant_id, one.said[len(before) :], at, one.actor)
        return before + note

    def _note(
        self, key: OwnKey, participant: UUID, said: str, at: datetime, actor: str | None
    ) -> str:
        known = self._known.get((participant, said))
        if known is not None:
            return known
        self._vault.admit(WrappedKey(*key))
        note = seal_words(self._vault, key.id, said)
        self.rows.append(
            MovedNoteRow(
                id=note.id,
                participant_id=participant,
                words_sealed=note.words_sealed,
                words_key=note.words_key,
                recorded_at=at,
                actor=actor or "service",
            )
        )
        self._known[participant, said] = note.reference
        return note.reference


def silent(_done: int, _of: int) -> None:
    """Tell nobody."""


async def count_words(connection: Connection) -> int:
    """How many participants have words in the clear; the connection is the owner's."""
    return 0 if await store.is_finished(connection) else len(await _find(connection))


async def move_words(connection: Connection, vault: Vault, *, told: Told = silent) -> Moved:
    """Move all there is; at once where a former run found nothing left. As the schema's owner.

    Raises KeysDoNotFitError before anything is moved.
    """
    async with store.alone(connection):
        if await store.is_finished(connection):
            return Moved()
        await demand_fitting_keys(connection, vault)
        found = await _find(connection)
        moved = Moved()
        for done, (study_id, people) in _batches(found):
            part = await _move_patiently(
                connection, vault, study_id, {one: found[study_id, one] for one in people}
            )
            moved = Moved(*(a + b for a, b in zip(moved, part, strict=True)))
            told(done, len(found))
        if not moved.left:
            await store.finish_the_move(connection, moved.rows, moved.entries)
        return moved


async def list_unlike(connection: Connection, vault: Vault) -> list[int]:
    """Moved entries that do not give the hash they were sealed under, their words put back.

    Entries whose words cannot be opened any more are passed over.
    """
    unlike: list[int] = []
    for entry in await store.list_moved_entries(connection):
        notes = await store.list_notes(connection, entry.study_id, entry.notes)
        words = {one.id: open_note(vault, one) for one in notes}
        opened = {note: text for note, text in words.items() if text is not None}
        if len(opened) == len(set(entry.notes)):
            rebuilt = await store.rebuild_hash(connection, entry, opened)
            if rebuilt != entry.before_sha256:
                unlike.append(entry.entry_id)
    return unlike


async def _find(connection: Connection) -> dict[_Person, _Found]:
    found: dict[_Person, _Found] = defaultdict(_Found)
    for row in await store.list_words_in_rows(connection):
        found[row.study_id, row.participant_id].rows.append(row)
    for entry in await store.list_words_in_entries(connection):
        found[entry.study_id, entry.participant_id].entries.append(entry)
    return dict(found)


def _batches(found: dict[_Person, _Found]) -> Iterator[tuple[int, tuple[UUID, Sequence[UUID]]]]:
    """Participants of one study at a time, with how many are done after them."""
    by_study: dict[UUID, list[UUID]] = defaultdict(list)
    for study_id, participant_id in sorted(found):
        by_study[study_id].append(participant_id)
    done = 0
    for study_id, people in by_study.items():
        for start in range(0, len(people), AT_ONCE):
            batch = people[start : start + AT_ONCE]
            done += len(batch)
            yield done, (study_id, batch)


async def _move_patiently(
    connection: Connection, vault: Vault, study_id: UUID, found: dict[UUID, _Found]
) -> Moved:
    """A batch, tried again while others use the tables: whoever writes never waits long for us."""
    for tries in range(1, _TRIES + 1):
        try:
            async with transaction(connection) as lent:
                await store.be_patient(lent)
                return await _move(lent, vault, study_id, found)
        except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
            if tries == _TRIES:
                raise
            await asyncio.sleep(_PAUSE)
    raise AssertionError


async def _move(
    connection: Connection, vault: Vault, study_id: UUID, found: dict[UUID, _Found]
) -> Moved:
    keys = await store.list_participant_keys(connection, study_id, list(found))
    notes = _Notes(vault)
    rows: dict[tuple[str, str], dict[UUID, str]] = defaultdict(dict)
    entries: dict[int, MovedEntryRow] = {}
    for participant, key in keys.items():
        for row in found[participant].rows:
            place = (row.table_name, row.column_name)
            rows[place][row.id] = notes.put(key, row, is_outcome=row.column_name == "outcome")
        for entry in found[participant].entries:
            is_outcome = entry.path is not None and entry.path[-1] == "outcome"
            text = notes.put(key, entry, is_outcome=is_outcome)
            move = entries.setdefault(entry.entry_id, _move_of(entry))
            move.said.append({"path": entry.path, "text": text})
    await store.insert_moved_notes(connection, study_id, notes.rows)
    for place in sorted(rows):
        await store.move_words(connection, place, study_id, rows[place])
    if entries:
        await store.move_words_of_entries(connection, list(entries.values()))
    return Moved(sum(map(len, rows.values())), len(entries), len(found) - len(keys))


def _move_of(entry: WordsOfEntry) -> MovedEntryRow:
    return MovedEntryRow(
        id=new_id(),
        study_id=entry.study_id,
        participant_id=entry.participant_id,
        entry_id=entry.entry_id,
        at=entry.at,
        said=[],
    )
