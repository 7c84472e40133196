"""The audit as it is read: pages of entries, what they say, and who signed in.

Each question is asked twice over: by an operator, of the whole study, and from the desk, of what
is seen there. `Reading` says which.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from pro_service.store.connection import Connection
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("record/reading")
THE_BEGINNING: Final = datetime(2000, 1, 1, tzinfo=UTC)
THE_END: Final = datetime(9999, 1, 1, tzinfo=UTC)


class Cursor(NamedTuple):
    """An entry; a page begins with the one before it."""

    at: datetime
    id: int


THE_NEWEST: Final = Cursor(THE_END, 2**63 - 1)
"""Before it comes every entry."""


@dataclass(frozen=True)
class AuditSought:
    """Which entries are looked for; None is any. Instants are machine time (UTC)."""

    participant: UUID | None = None
    person: str | None = None
    """As the record names them."""
    kinds: tuple[str, ...] | None = None
    """Names of tables."""
    rare: bool = False
    """Whether the kinds are all seldom written, and so have an index."""
    since: datetime = THE_BEGINNING
    until: datetime = THE_END
    """The first instant that is not meant any more."""
    before: Cursor = THE_NEWEST

    @property
    def as_row(self) -> tuple[object, ...]:
        """As `pro.audit_sought` has them."""
        kinds = None if self.kinds is None else list(self.kinds)
        who = (self.participant, self.person, kinds, self.rare)
        return (*who, self.since, self.until, *self.before)


class Found(NamedTuple):
    """An entry of a page; one that is no hit says how far was looked."""

    id: int
    at: datetime
    hit: bool


class ToldRow(NamedTuple):
    """What an entry says of one row, as it may be shown to who asks."""

    id: int
    at: datetime
    table_name: str
    operation: str
    """INSERT, UPDATE, DELETE; LIST: described anew, and nothing of it changed."""
    row_count: int
    actor: str
    mode: str | None
    reason: str | None
    code: str | None
    """Of the participant it is about."""
    answers: bool | None
    """Whether what was answered may be seen."""
    document: Mapping[str, Any] | None
    """The row as it was written; nothing where it is not to be had."""
    old: Mapping[str, Any] | None
    new: Mapping[str, Any] | None
    by_program: bool = False
    """Whether its author is a program that uses /api/v1."""


class SignIn(NamedTuple):
    """Something that happened at the desk's door (machine time)."""

    id: int
    happened_at: datetime
    kind: str
    login: str
    address: str | None
    actor: str


@dataclass(frozen=True)
class Reading:
    """Who reads: a connection, the study, and whether they see all of it (an operator)."""

    connection: Connection
    study_id: UUID
    everything: bool
    nobodys: bool
    """Whether they see what is about no participant."""

    async def find_page(self, sought: AuditSought, most: int) -> list[Found]:
        """A page of entries, the newest first."""
        values = (self.study_id, sought.as_row, most)
        if self.everything:
            rows = await self.connection.fetch(_SQL["find_audit_page"], *values)
        else:
            rows = await self.connection.fetch(_SQL["find_audit_page_seen"], *values, self.nobodys)
        return [row_of(Found, row) for row in rows]

    async def list_told(self, entries: Sequence[Found]) -> list[ToldRow]:
        """What entries say, in their order."""
        values = (self.study_id, [one.id for one in entries], [one.at for one in entries])
        if self.everything:
            rows = await self.connection.fetch(_SQL["list_audit_told"], *values)
        else:
            rows = await self.connection.fetch(_SQL["list_audit_told_seen"], *values, self.nobodys)
        return [row_of(ToldRow, row) for row in rows]

    async def list_sign_ins(self, sought: AuditSought, most: int) -> list[SignIn]:
        """What happened at the door, the latest first: of members of the study."""
        query = "list_sign_ins" if self.everything else "list_sign_ins_seen"
        rows = await self.connection.fetch(
            _SQL[query],
            self.study_id,
            *(sought.person, sought.since, sought.until, sought.before.id, most),
        )
        return [row_of(SignIn, row) for row in rows]
