"""Calls worked to their end: what came of one, the numbers that are shown for it, the list of them.

`find_call`, `close_call` and `decline_visit` run as the clerk, the rest as the desk.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.store.connection import Connection, Guard, write
from pro_service.store.desk.desk import ContactLine, contact_lines
from pro_service.store.ids import new_id
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries
from pro_service.store.writes import ReportRow, VisitDoneRow

_SQL: Final = load_queries("desk/calls")


class CallKind(NamedTuple):
    """Why a call is to be made, the visit it hangs on, if any, and how it went."""

    reason: str
    visit_id: UUID | None
    created_at: datetime
    closes_at: datetime | None
    closed_by: str | None
    """Who closed it; None: it is open."""
    closed_at: datetime | None
    outcome: str | None
    tried: int
    """How often nobody was there."""


@dataclass(frozen=True, kw_only=True)
class CallClosing:
    """What came of a call; what stays to be done stays as a task of a new id (`again_id`)."""

    call_id: UUID
    outcome: str
    actor: str
    again_id: UUID | None
    wanted_from: datetime | None
    """Study time from which that task is wanted; None: at once."""


@dataclass
class CallWrite:
    """A call that is closed, and the alert that what was heard raises, if any."""

    call: CallClosing
    reports: list[ReportRow] = field(default_factory=list)


@dataclass
class DeclineWrite:
    """What is declined, and the visits at which nothing is owed any more."""

    declined: list[UUID] = field(default_factory=list)
    visits_done: list[VisitDoneRow] = field(default_factory=list)


class SealedNumber(NamedTuple):
    """A contact's number as it is stored."""

    id: UUID
    address_sealed: bytes
    address_key: str


class CallingFacts(NamedTuple):
    """What helps to choose an hour to ring."""

    nudge_at: time | None
    """The hour they chose for their reminders, in their zone."""
    country: str
    """Of the site (ISO code)."""


class CallToPrint(NamedTuple):
    """A call of the list that is printed: nothing in it is a number."""

    id: UUID
    code: str
    protocol_version_id: UUID
    language: str
    zone: str
    nudge_at: time | None
    """The hour they chose for their reminders, in their zone."""
    site_id: UUID
    reason: str
    created_at: datetime
    closes_at: datetime | None
    wanted_from: datetime | None
    definition: str | None
    occurrence: int | None
    owed: list[dict[str, str]]
    tried: int
    """How often it was tried, whatever came of it."""
    death_reported_at: datetime | None
    """When a death was reported whose day is still to be recorded; None: none was."""


async def find_call(
    connection: Connection, study_id: UUID, participant_id: UUID, call_id: UUID
) -> CallKind | None:
    """A call to the participant, open or closed."""
    row = await connection.fetchrow(_SQL["find_call"], study_id, participant_id, call_id)
    return None if row is None else row_of(CallKind, row)


async def close_call(connection: Connection, guard: Guard, document: CallWrite) -> None:
    """Close a call task. Raises StaleRevisionError."""
    await write(connection, _SQL["close_call"], *guard, document)


async def decline_visit(connection: Connection, guard: Guard, document: DeclineWrite) -> None:
    """Decline what a visit still asks. Raises StaleRevisionError."""
    await write(connection, _SQL["decline_visit"], *guard, document)


async def record_number_showing(
    connection: Connection,
    study_id: UUID,
    participant_id: UUID,
    *,
    call_id: UUID | None,
    contacts: int,
    actor: str,
    reason: str | None,
) -> None:
    """Keep that somebody is shown the numbers of a participant's contacts."""
    await connection.execute(
        _SQL["record_number_showing"],
        *(study_id, new_id(), participant_id, call_id, contacts, actor, reason),
    )


async def list_numbers(
    connection: Connection, study_id: UUID, participant_id: UUID
) -> list[SealedNumber]:
    """The numbers of a participant's contacts, sealed, in the order they are tried."""
    rows = await connection.fetch(_SQL["list_numbers"], study_id, participant_id)
    return [row_of(SealedNumber, row) for row in rows]


async def list_rung(
    connection: Connection, study_id: UUID, participant_id: UUID
) -> tuple[ContactLine, ...]:
    """Whom one may ring, in order, without the addresses."""
    return contact_lines(await connection.fetchval(_SQL["list_rung"], study_id, participant_id))


async def get_calling_facts(
    connection: Connection, study_id: UUID, participant_id: UUID, site_id: UUID
) -> CallingFacts:
    """What helps to choose an hour, of a participant and a site that are seen."""
    who = (study_id, participant_id, site_id)
    return row_of(CallingFacts, await connection.fetchrow(_SQL["get_calling_facts"], *who))


async def list_calls_to_print(
    connection: Connection, study_id: UUID, most: int
) -> list[CallToPrint]:
    """Calls wanted within the next hours, the most pressing first."""
    rows = await connection.fetch(_SQL["list_calls_to_print"], study_id, most)
    return [row_of(CallToPrint, row) for row in rows]
