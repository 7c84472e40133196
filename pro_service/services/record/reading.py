"""The audit, read: who did what to what, when, why and from where; a page at a time.

The same for the desk and for the command; what may be seen is decided in the database, for the
sites of whoever looks (rule R6: of an answer its question, and its value to who may see it).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Any, Final, NamedTuple
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.notes import noted_in, open_note
from pro_service.services.record.things import COLUMNS, OFTEN, THINGS
from pro_service.store.record.reading import (
    AuditSought,
    Cursor,
    Reading,
    SignIn,
    ToldRow,
)
from pro_service.store.record.words import list_notes

PAGE: Final = 50
"""Entries of a page."""
MOST_IN_FILE: Final = 5_000
"""Entries of a file: one that should hold more is narrowed by time."""
TOLD_AT_ONCE: Final = 200
"""Entries whose rows one statement tells: what one says costs some milliseconds, and a page's
statements have seconds, so a file is told in several."""
SIGN_INS: Final = "sign_ins"
"""What happened at the door: kept beside the audit, and read as a kind of its own."""
GROUPS: Final = (*THINGS, SIGN_INS)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_CURSOR: Final = re.compile(r"(\d{1,17})-(\d{1,18})\Z")


class CursorError(ProServiceError):
    """That is no place in the audit to go on from."""


class Whence(StrEnum):
    """From where something was written."""

    desk = "desk"
    program = "program"
    command = "command"
    page = "page"
    text = "text"
    provider = "provider"
    job = "job"


class AuditRow(NamedTuple):
    """One row an entry tells of."""

    code: str | None
    """Of the participant."""
    old: Mapping[str, Any]
    new: Mapping[str, Any]
    """What was written, by column; of a change only what became another."""
    hidden: bool
    """Whether it holds what was answered, and that is not shown to who asks."""


class AuditEntry(NamedTuple):
    """One entry: one statement's writes to one kind of row."""

    id: int
    at: datetime
    """Machine time (UTC)."""
    kind: str
    """A key of COLUMNS, or the name of a table that is not there."""
    operation: str
    actor: str
    whence: Whence
    reason: str | None
    """Staff's own words, opened; a word of the program as it is."""
    unreadable: bool
    """Whether there were words that could not be opened."""
    rows: Sequence[AuditRow]
    row_count: int
    """Of all rows of the entry; more than are shown, where there are many or others' too."""


class AuditPage(NamedTuple):
    """A page of entries, the newest first."""

    entries: Sequence[AuditEntry]
    following: str | None
    """Where the next page begins; None: there is none."""
    looked_until: datetime | None
    """How far back was looked where the page ends before it is full (machine time)."""


class Wish(NamedTuple):
    """What somebody wants to read, in their terms; None is any."""

    participant: UUID | None = None
    person: str | None = None
    group: str | None = None
    """A key of THINGS."""
    since: datetime | None = None
    until: datetime | None = None
    before: str | None = None
    """Where the page before ended (`AuditPage.following`)."""


async def read_audit(
    reading: Reading, context: ServiceContext, wish: Wish, most: int = PAGE
) -> AuditPage:
    """One page of the audit. Raises CursorError."""
    found = await reading.find_page(sought_by(wish), most + 1)
    hits = [one for one in found if one.hit]
    looked = next((one for one in found if not one.hit), None)
    shown = hits[:most]
    following = None
    if len(hits) > most:
        following = _written(Cursor(shown[-1].at, shown[-1].id))
    elif looked is not None:
        following = _written(Cursor(looked.at, looked.id))
    told: list[ToldRow] = []
    for start in range(0, len(shown), TOLD_AT_ONCE):
        told += await reading.list_told(shown[start : start + TOLD_AT_ONCE])
    words = await _open_words(reading, context, told)
    entries = [
        _entry(list(rows), words) for _, rows in groupby(told, key=lambda one: (one.at, one.id))
    ]
    return AuditPage(entries, following, None if looked is None else looked.at)


async def read_sign_ins(
    reading: Reading, wish: Wish, most: int = PAGE
) -> tuple[list[SignIn], str | None]:
    """A page of what happened at the door, and where the next begins. Raises CursorError."""
    found = await reading.list_sign_ins(sought_by(wish), most + 1)
    shown = found[:most]
    more = len(found) > most
    return shown, _written(Cursor(shown[-1].happened_at, shown[-1].id)) if more else None


def sought_by(wish: Wish) -> AuditSought:
    """What is asked of the database. Raises CursorError."""
    found = THINGS.get(wish.group or "")
    kinds = None if found is None else tuple(found)
    person, participant = wish.person, wish.participant
    sought = AuditSought(
        participant, person, kinds, rare=kinds is not None and not OFTEN.intersection(kinds)
    )
    if wish.since is not None:
        sought = replace(sought, since=wish.since)
    if wish.until is not None:
        sought = replace(sought, until=wish.until)
    if wish.before is not None:
        sought = replace(sought, before=read_place(wish.before))
    return sought


def whence(actor: str, mode: str | None, *, by_program: bool) -> Whence:
    """From where an entry was written, as its author and its mode tell."""
    if by_program:
        return Whence.program
    kind = actor.partition(":")[0]
    if kind == "participant":
        return Whence.text if mode == "text" else Whence.page
    known = {"staff": Whence.desk, "cli": Whence.command, "provider": Whence.provider}
    return known.get(kind, Whence.job)


def _entry(rows: Sequence[ToldRow], words: Mapping[UUID, str | None]) -> AuditEntry:
    first = rows[0]
    note = noted_in(first.reason)
    reason = first.reason if note is None else words.get(note)
    return AuditEntry(
        id=first.id,
        at=first.at,
        kind=first.table_name,
        operation=first.operation,
        actor=first.actor,
        whence=whence(first.actor, first.mode, by_program=first.by_program),
        reason=reason,
        unreadable=note is not None and reason is None,
        rows=[_row(one, words) for one in rows if one.document or one.old or one.new],
        row_count=first.row_count,
    )


def _row(one: ToldRow, words: Mapping[UUID, str | None]) -> AuditRow:
    columns = COLUMNS.get(one.table_name, ())
    written = one.document or one.new or {}
    before = one.old or {}

    def shown(values: Mapping[str, Any]) -> Mapping[str, Any]:
        return {
            name: _opened(values[name], words)
            for name in columns
            if name in values and (values[name] is not None or name in before)
        }

    return AuditRow(one.code, shown(before), shown(written), one.answers is False)


def _opened(value: Any, words: Mapping[UUID, str | None]) -> Any:
    """A value with staff's words in the place of the note it names."""
    if not isinstance(value, str):
        return value
    note = noted_in(value)
    if note is None:
        return value
    return value.replace(f"note:{note}", words.get(note) or "…")


async def _open_words(
    reading: Reading, context: ServiceContext, told: Sequence[ToldRow]
) -> dict[UUID, str | None]:
    """What staff wrote, by note; None where it cannot be opened."""
    named = list(dict.fromkeys(_notes_of(told)))
    if not named:
        return {}
    notes = await list_notes(reading.connection, reading.study_id, named)
    return {one.id: open_note(context.keys.vault, one) for one in notes}


def _notes_of(told: Sequence[ToldRow]) -> Iterator[UUID]:
    for one in told:
        for values in (one.document, one.old, one.new):
            for value in (values or {}).values():
                note = noted_in(value) if isinstance(value, str) else None
                if note is not None:
                    yield note
        note = noted_in(one.reason)
        if note is not None:
            yield note


def _written(cursor: Cursor) -> str:
    """A place in the audit as an address carries it: microseconds since 1970, and the entry."""
    return f"{(cursor.at - _EPOCH) // timedelta(microseconds=1)}-{cursor.id}"


def read_place(text: str) -> Cursor:
    """The same read back. Raises CursorError."""
    found = _CURSOR.match(text)
    if found is None:
        raise CursorError
    return Cursor(_EPOCH + timedelta(microseconds=int(found[1])), int(found[2]))
