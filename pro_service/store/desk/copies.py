"""What a copy of a participant's record holds beside what their page shows."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.store.connection import Connection
from pro_service.store.desk.sessions import Assignment
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("desk/copies")


class SittingCopied(NamedTuple):
    """How one sitting was answered, never what. Instants are UTC."""

    id: UUID
    assessment_id: UUID
    ordinal: int
    mode: str
    respondent: str
    language: str
    device_class: str | None
    release: str
    instrument_sha256: str
    wording_sha256: str
    started_at: datetime
    submitted_at: datetime | None
    interviewer: str | None
    actor: str


class EntryCopied(NamedTuple):
    """One entry of the audit: who wrote to what, when (machine time, UTC) and why; no value."""

    id: int
    at: datetime
    table_name: str
    operation: str
    actor: str
    reason: str | None


class ProtocolCopied(NamedTuple):
    """What a protocol version is called, and the hash of its content."""

    label: str
    content_sha256: str


class StaffPlace(NamedTuple):
    """A member of a study, with the roles they hold now, site by site."""

    staff_id: UUID
    login: str
    assignments: tuple[Assignment, ...]


async def list_sittings_copied(
    connection: Connection, study_id: UUID, participant_id: UUID
) -> list[SittingCopied]:
    """Every sitting that is seen from here, in the order they were begun."""
    rows = await connection.fetch(_SQL["list_sittings_copied"], study_id, participant_id)
    return [row_of(SittingCopied, row) for row in rows]


async def list_audit_copied(
    connection: Connection, study_id: UUID, participant_id: UUID
) -> list[EntryCopied]:
    """Every entry about a participant of one's own sites, oldest first."""
    rows = await connection.fetch(_SQL["list_audit_copied"], study_id, participant_id)
    return [row_of(EntryCopied, row) for row in rows]


async def get_protocol_copied(connection: Connection, version_id: UUID) -> ProtocolCopied:
    """A protocol version's name and hash."""
    row = await connection.fetchrow(_SQL["get_protocol_copied"], version_id)
    if row is None:
        raise LookupError(version_id)
    return row_of(ProtocolCopied, row)


async def find_staff_place(connection: Connection, study_id: UUID, login: str) -> StaffPlace | None:
    """A member of a study by name; None: nobody there is called so, or their account is closed."""
    rows = await connection.fetch(_SQL["list_staff_places"], study_id, login)
    if not rows:
        return None
    held = {(one["site_id"], one["role"]) for one in rows if one["site_id"] is not None}
    assignments = tuple([Assignment(site_id=site, role=role) for site, role in sorted(held)])
    return StaffPlace(rows[0]["staff_id"], rows[0]["login"], assignments)
