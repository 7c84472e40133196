"""What Today reads besides the desk's lists, under row-level security."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Final, Literal, NamedTuple
from uuid import UUID

from pydantic import TypeAdapter

from pro_service.domain.record import Record
from pro_service.domain.study.facts import StatusFacts
from pro_service.store.connection import Connection
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("desk/today")
_STATUSES: Final = TypeAdapter(tuple[StatusFacts, ...])


class OwedPart(Record):
    """One thing still owed at a visit, and how far it has come; what was answered is not in it."""

    instrument: str
    target: str
    answered: int
    settled: int
    """Items answered, or left open on purpose."""


_OWED: Final = TypeAdapter(tuple[OwedPart, ...])


class BegunVisit(NamedTuple):
    """A visit in whose open window something was answered and not sent."""

    code: str
    protocol_version_id: UUID
    site_id: UUID
    zone: str
    """The participant's."""
    visit_id: UUID
    definition: str
    occurrence: int
    provisional: bool
    opens_at: datetime
    closes_at: datetime | None
    owed: tuple[OwedPart, ...]
    last_answer_at: datetime
    statuses: tuple[StatusFacts, ...]
    died_at: datetime | None
    now: datetime
    """Study time at which it was read."""
    kind: Literal["unsent", "to_complete"] | None
    """Whether only sending is left, as it is kept; None: it is to be told from what is owed."""
    total: int
    """How many visits are kept of this kind; 0 where it is to be told."""


class Tried(NamedTuple):
    """What was tried at a visit."""

    visit_id: UUID
    texts: int
    """Reminders that went out, or may have."""
    last_text_at: datetime | None
    calls: int
    """Calls somebody of the staff closed."""
    last_call_at: datetime | None
    last_outcome: str | None


WeekKind = Literal["opens", "closes", "clinic", "planned"]
ChangeKind = Literal["answered", "unanswered", "numbers", "stopped"]


class WeekRow(NamedTuple):
    """A visit of the week that comes: it opens, it closes with something owed, or it is in the
    clinic; or an event that is planned without a visit of its own (`definition` is its kind)."""

    kind: WeekKind
    code: str
    site_id: UUID
    zone: str
    """The participant's."""
    protocol_version_id: UUID
    definition: str
    occurrence: int
    opens_at: datetime
    closes_at: datetime
    target_on: date
    owes: bool
    """Whether the participant owes answers at it, or for a clinic visit at any visit open now."""
    total: int
    """How many there are of the kind."""


class ChangeRow(NamedTuple):
    """Something that changed since an instant."""

    since: datetime | None
    kind: ChangeKind
    code: str
    site_id: UUID
    protocol_version_id: UUID
    definition: str | None
    occurrence: int | None
    at: datetime
    total: int
    """How many there are of the kind."""


class Changes(NamedTuple):
    """What changed since whoever looks was here before; None: they never were."""

    since: datetime | None
    """Study time, in UTC."""
    rows: list[ChangeRow]


class OwingRow(NamedTuple):
    """Somebody who owes a signature on a newer version of the consent form."""

    code: str
    site_id: UUID
    protocol_version_id: UUID
    version: str
    """The one they signed."""
    treated: bool
    """Whether they had an injection."""
    total: int
    """How many there are."""


class EnoughConsent(NamedTuple):
    """Which versions of the form are enough, for those of one protocol version at one site."""

    protocol_version_id: UUID
    site_id: UUID
    treated: bool
    enough: tuple[str, ...]


class WeekAsked(NamedTuple):
    """What to look for in the week that comes."""

    until: datetime
    longest: timedelta
    """How long a window may be open at most."""
    clinic: Sequence[tuple[UUID, str]]
    """Visits in the clinic, each a version with one of its definitions."""
    unasked: Collection[str]
    """Statuses that end questions."""
    unseen: Collection[str]
    """Statuses that end visits."""


async def list_versions(connection: Connection, study_id: UUID) -> list[UUID]:
    """The versions of the study's protocol."""
    return [row["id"] for row in await connection.fetch(_SQL["list_versions"], study_id)]


async def list_week(
    connection: Connection, study_id: UUID, asked: WeekAsked, most: int
) -> list[WeekRow]:
    """The first of each kind, kind by kind."""
    clinic = [[str(version), definition] for version, definition in asked.clinic]
    rows = await connection.fetch(
        _SQL["list_week"],
        *(study_id, asked.until, asked.longest, clinic),
        *(list(asked.unasked), list(asked.unseen), most),
    )
    return [row_of(WeekRow, row) for row in rows]


async def list_owing_consent(
    connection: Connection,
    study_id: UUID,
    asked: Sequence[EnoughConsent],
    unseen: Collection[str],
    most: int,
) -> list[OwingRow]:
    """The first who owe a signature, by code."""
    wanted = [
        {
            "protocol_version_id": str(one.protocol_version_id),
            "site_id": str(one.site_id),
            "treated": one.treated,
            "enough": one.enough,
        }
        for one in asked
    ]
    rows = await connection.fetch(_SQL["list_owing_consent"], study_id, wanted, list(unseen), most)
    return [row_of(OwingRow, row) for row in rows]


async def list_changes(
    connection: Connection,
    study_id: UUID,
    session_sha256: bytes,
    unasked: Collection[str],
    most: int,
) -> Changes:
    """The latest of each kind, kind by kind."""
    rows = await connection.fetch(
        _SQL["list_changes"], study_id, session_sha256, list(unasked), most
    )
    since = rows[0]["since"] if rows else None
    return Changes(since, [row_of(ChangeRow, row) for row in rows if row["kind"] is not None])


async def list_begun(connection: Connection, study_id: UUID, most: int) -> list[BegunVisit]:
    """Visits begun and not sent, soonest to close first; at most so many of each kind."""
    rows = await connection.fetch(_SQL["list_begun"], study_id, most)
    return [
        row_of(
            BegunVisit,
            row,
            owed=_OWED.validate_python(row["owed"]),
            statuses=_STATUSES.validate_python(row["statuses"]),
        )
        for row in rows
    ]


async def list_tried(
    connection: Connection, study_id: UUID, visits: Collection[UUID]
) -> dict[UUID, Tried]:
    """What was tried at each of these visits; one at which nothing was tried is not in it."""
    rows = await connection.fetch(_SQL["list_tried"], study_id, list(visits))
    return {row["visit_id"]: row_of(Tried, row) for row in rows}
