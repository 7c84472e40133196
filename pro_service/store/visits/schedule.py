"""Writing enrolments, events and the schedules that follow from them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time
from operator import attrgetter
from typing import Any, Final
from uuid import UUID

from pro_service.store.connection import Connection, Guard, write
from pro_service.store.journal import JournalLine, journal_lines
from pro_service.store.sql_files import load_queries
from pro_service.store.writes import (
    AssessmentRow,
    CardRow,
    EventRow,
    IdentityRow,
    ReclosedVisitRow,
    ReminderRow,
    ReportRow,
    StatusRow,
    VisitRow,
)

_SQL: Final = load_queries("visits/schedule")
_VISIT: Final = attrgetter(
    "id",
    "definition",
    "kind",
    "occurrence",
    "schedule_revision",
    "provisional",
    "opens_at",
    "target_on",
    "closes_at",
    "actor",
)
_ASKED: Final = attrgetter("id", "visit_id", "instrument", "target", "actor")


@dataclass(frozen=True, kw_only=True)
class NewParticipantRow:
    """Who is enrolled, under which protocol version, and how they are asked."""

    id: UUID
    code: str
    personal_code: str
    protocol_version_id: UUID
    language: str
    zone: str
    channel: str
    treated_knees: tuple[str, ...]
    actor: str
    nudge_at: time | None = None


@dataclass(frozen=True, kw_only=True)
class PlacingRow:
    """The site a participant belongs to from now on."""

    id: UUID
    site_id: UUID


@dataclass(frozen=True, kw_only=True)
class DataKeyRow:
    """The participant's own key, wrapped."""

    id: UUID
    wrapped: bytes
    wrapping_key: str


@dataclass(frozen=True, kw_only=True)
class ContactRow:
    """A number: sealed, and found by a keyed hash."""

    id: UUID
    address_sealed: bytes
    address_key: str
    blind_index: bytes
    index_key: str
    tail_index: bytes | None


@dataclass(frozen=True, kw_only=True)
class ConsentRow:
    """The consent somebody was enrolled with."""

    id: UUID
    version: str
    signed_on: date
    messages: bool
    cross_border: bool
    caregiver: bool


@dataclass(frozen=True, kw_only=True)
class FirstStatusRow:
    """The status somebody is enrolled with."""

    id: UUID
    status: str


@dataclass(frozen=True, kw_only=True)
class PinRow:
    """The protocol version a participant is under from now on."""

    id: UUID
    protocol_version_id: UUID
    actor: str


@dataclass
class ScheduleWrite:
    """Events and statuses with the schedule they lead to; with none, it takes the turn alone."""

    reason: str
    """Why visits move and calls end."""
    pins: list[PinRow] = field(default_factory=list)
    """One at most; its transaction must have been given a reason."""
    events: list[EventRow] = field(default_factory=list)
    statuses: list[StatusRow] = field(default_factory=list)
    superseded: list[UUID] = field(default_factory=list)
    """Visits that moved: another of their definition takes their place, or none does."""
    reclosed: list[ReclosedVisitRow] = field(default_factory=list)
    visits: list[VisitRow] = field(default_factory=list)
    assessments: list[AssessmentRow] = field(default_factory=list)
    reminders: list[ReminderRow] = field(default_factory=list)
    calls_ended: list[UUID] = field(default_factory=list)
    """Visits about which nobody need call any more."""
    reports: list[ReportRow] = field(default_factory=list)
    """Alerts of harm that the events tell of; none is raised that was told already."""


@dataclass(frozen=True, kw_only=True)
class FirstNoteRow:
    """Words of staff about somebody who is being enrolled, sealed."""

    id: UUID
    words_sealed: bytes
    words_key: str


@dataclass(kw_only=True)
class EnrolmentWrite:
    """One participant, whole."""

    participant: NewParticipantRow
    placing: PlacingRow
    data_key: DataKeyRow
    consent: ConsentRow
    status: FirstStatusRow
    contacts: list[ContactRow] = field(default_factory=list)
    cards: list[CardRow] = field(default_factory=list)
    identities: list[IdentityRow] = field(default_factory=list)
    notes: list[FirstNoteRow] = field(default_factory=list)
    schedule: ScheduleWrite = field(default_factory=lambda: ScheduleWrite("enrolled"))
    """The first events and what follows from them: events, visits, assessments, reminders."""


async def learn_sizes(connection: Connection) -> None:
    """Let the rest of this transaction find participants and visits by the right index.

    Rows that come in name their participant, who is looked for each time by a plan that was made
    when the study was empty: it would read all who have come in since, again and again.
    """
    await connection.execute(_SQL["learn_sizes"])


async def insert_participants(
    connection: Connection, study_id: UUID, documents: Sequence[EnrolmentWrite]
) -> None:
    """Enrol participants, all or none. Raises DuplicateError for a code in use."""
    said = [
        JournalLine(kind="enrolled", study_id=study_id, participant_id=one.participant.id)
        for one in documents
    ]
    for one in documents:
        said += journal_lines(one, study_id)
    visits = [
        (one.participant.id, *_VISIT(row)) for one in documents for row in one.schedule.visits
    ]
    asked = [
        (one.participant.id, *_ASKED(row)) for one in documents for row in one.schedule.assessments
    ]
    rest = [
        replace(one, schedule=replace(one.schedule, visits=[], assessments=[])) for one in documents
    ]
    columns = (*_columns(visits, 11), *_columns(asked, 6))
    await write(connection, _SQL["insert_participants"], study_id, rest, *columns, telling=said)


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> Iterable[Sequence[Any]]:
    """Rows of this width as a list for each column."""
    return zip(*rows, strict=True) if rows else [()] * width


async def write_schedule(connection: Connection, guard: Guard, document: ScheduleWrite) -> None:
    """Record events and statuses with the schedule they lead to. Raises StaleRevisionError."""
    await write(connection, _SQL["write_schedule"], *guard, document)


async def list_last_revisions(
    connection: Connection, study_id: UUID, participant_id: UUID
) -> dict[tuple[str, int], int]:
    """The highest schedule revision ever used, by definition and occurrence."""
    rows = await connection.fetch(_SQL["list_last_revisions"], study_id, participant_id)
    return {(row["definition"], row["occurrence"]): row["schedule_revision"] for row in rows}


async def insert_visit_move(
    connection: Connection,
    study_id: UUID,
    participant_id: UUID,
    move_id: UUID,
    visit_id: UUID,
    moved_from: date,
    actor: str,
    reason: str,
) -> None:
    """Keep that a visit was moved by hand, in the transaction that dates it."""
    whose = (study_id, participant_id)
    await connection.execute(
        _SQL["insert_visit_move"], *whose, move_id, visit_id, moved_from, actor, reason
    )


async def list_visit_moves(
    connection: Connection, study_id: UUID, participant_id: UUID
) -> frozenset[UUID]:
    """The visits that were moved by hand."""
    rows = await connection.fetch(_SQL["list_visit_moves"], study_id, participant_id)
    return frozenset(row["visit_id"] for row in rows)
