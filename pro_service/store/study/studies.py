"""Studies, protocol versions, sites, roles of staff, and the study's own key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from pro_service.store.connection import Connection, write
from pro_service.store.ids import new_id
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("study/studies")


class StudyRow(NamedTuple):
    """A study; `sender` is the neutral name its texts are signed with."""

    id: UUID
    code: str
    name: str
    sender: str


class SiteRow(NamedTuple):
    """A site."""

    id: UUID
    code: str
    name: str
    zone: str
    country: str
    telephone: str
    emergency_number: str


class VersionRow(NamedTuple):
    """A stored protocol version; `recorded_at` is study time."""

    id: UUID
    label: str
    content_sha256: str
    recorded_at: datetime
    actor: str
    participants: int


class SiteProtocolRow(NamedTuple):
    """From when a site enrols under a version (study time); no reason was asked before 0.2.0."""

    site: str
    protocol_version_id: UUID
    effective_from: datetime
    actor: str
    reason: str | None


class EnrolledRow(NamedTuple):
    """What enrolment wrote for a participant."""

    id: UUID
    code: str
    language: str
    zone: str
    channel: str
    treated_knees: tuple[str, ...]
    site: str
    blind_index: bytes | None
    consent_version: str | None
    consent_on: date | None
    messaging_consent: bool | None
    cross_border_consent: bool | None
    caregiver_consent: bool | None
    planned_injection_on: date | None
    year_id: UUID | None
    year_sealed: bytes | None
    year_key: str | None


class KeyRow(NamedTuple):
    """A wrapped data key."""

    id: UUID
    wrapped: bytes
    wrapping_key: str


async def list_studies(connection: Connection) -> list[StudyRow]:
    """Every study."""
    return [row_of(StudyRow, row) for row in await connection.fetch(_SQL["list_studies"])]


async def insert_study(connection: Connection, study: StudyRow, actor: str) -> None:
    """Open a study, unless one with its code is open."""
    await write(connection, _SQL["insert_study"], *study, actor)


async def find_protocol_version(
    connection: Connection, study_id: UUID, content_sha256: str
) -> UUID | None:
    """The stored version with this content."""
    found: UUID | None = await connection.fetchval(
        _SQL["find_protocol_version"], study_id, content_sha256
    )
    return found


async def insert_protocol_version(
    connection: Connection,
    study_id: UUID,
    version_id: UUID,
    *,
    content_sha256: str,
    label: str,
    source: str,
    document: Mapping[str, Any],
    actor: str,
) -> None:
    """Store a protocol version under its content hash."""
    await write(
        connection,
        _SQL["insert_protocol_version"],
        study_id,
        version_id,
        content_sha256,
        label,
        source,
        dict(document),
        actor,
    )


async def list_protocol_documents(connection: Connection) -> list[str]:
    """Every stored protocol version as JSON text."""
    return [row["document"] for row in await connection.fetch(_SQL["list_protocol_documents"])]


async def get_protocol_document(
    connection: Connection, study_id: UUID, version_id: UUID
) -> str | None:
    """A stored protocol version as JSON text."""
    document: str | None = await connection.fetchval(
        _SQL["get_protocol_document"], study_id, version_id
    )
    return document


async def find_site_protocol(connection: Connection, study_id: UUID, site_id: UUID) -> UUID | None:
    """The version a site enrols under now."""
    found: UUID | None = await connection.fetchval(_SQL["find_site_protocol"], study_id, site_id)
    return found


async def insert_site_protocol(
    connection: Connection,
    study_id: UUID,
    row_id: UUID,
    *,
    site_id: UUID,
    version_id: UUID,
    effective_from: datetime | None = None,
    actor: str,
    reason: str,
) -> None:
    """From an instant of study time on (None: from now on) a site enrols under this version."""
    await write(
        connection,
        _SQL["insert_site_protocol"],
        study_id,
        row_id,
        site_id,
        version_id,
        effective_from,
        actor,
        reason,
    )


async def list_protocol_versions(connection: Connection, study_id: UUID) -> list[VersionRow]:
    """The study's protocol versions, the oldest first."""
    rows = await connection.fetch(_SQL["list_protocol_versions"], study_id)
    return [row_of(VersionRow, row) for row in rows]


async def list_site_protocols(connection: Connection, study_id: UUID) -> list[SiteProtocolRow]:
    """What has been said of the version each site enrols under, by site and time."""
    rows = await connection.fetch(_SQL["list_site_protocols"], study_id)
    return [row_of(SiteProtocolRow, row) for row in rows]


async def list_present_participants(
    connection: Connection, study_id: UUID, site_id: UUID
) -> list[UUID]:
    """Who is at a site at present."""
    rows = await connection.fetch(_SQL["list_present_participants"], study_id, site_id)
    return [row["participant_id"] for row in rows]


async def list_sites(connection: Connection, study_id: UUID) -> list[SiteRow]:
    """The study's sites by code."""
    rows = await connection.fetch(_SQL["list_sites"], study_id)
    return [row_of(SiteRow, row) for row in rows]


async def insert_site(connection: Connection, study_id: UUID, site: SiteRow, actor: str) -> None:
    """Add a site. Raises DuplicateError for a code in use."""
    await write(connection, _SQL["insert_site"], study_id, *site, actor)


async def insert_sender(
    connection: Connection,
    study_id: UUID,
    *,
    provider: str,
    address: str,
    site_id: UUID | None,
    actor: str,
    channel: str = "sms",
) -> bool:
    """Name an address a study's texts come from; False if the provider has it already."""
    place = (channel, provider, address, site_id, actor)
    made = await write(connection, _SQL["insert_sender"], study_id, new_id(), *place)
    return made is not None


async def insert_assignment(
    connection: Connection,
    study_id: UUID,
    row_id: UUID,
    *,
    staff_id: UUID,
    site_id: UUID | None,
    role: str,
    actor: str,
) -> None:
    """Assign a member of staff to a site, or to the whole study, from now on."""
    await write(
        connection, _SQL["insert_assignment"], study_id, row_id, staff_id, site_id, role, actor
    )


async def list_enrolled(
    connection: Connection, study_id: UUID, codes: Sequence[str]
) -> list[EnrolledRow]:
    """What enrolment wrote for those of these codes who are enrolled."""
    rows = await connection.fetch(_SQL["list_enrolled"], study_id, list(codes))
    return [row_of(EnrolledRow, row, treated_knees=tuple(row["treated_knees"])) for row in rows]


async def get_study_key(connection: Connection, study_id: UUID) -> KeyRow | None:
    """The study's own wrapped key."""
    row = await connection.fetchrow(_SQL["get_study_key"], study_id)
    return None if row is None else row_of(KeyRow, row)


async def get_data_key(connection: Connection, study_id: UUID, key_id: UUID) -> KeyRow | None:
    """The wrapped key a sealed value names."""
    row = await connection.fetchrow(_SQL["get_data_key"], study_id, key_id)
    return None if row is None else row_of(KeyRow, row)


async def insert_study_key(connection: Connection, study_id: UUID, key: KeyRow) -> None:
    """Give the study its own key; a first one stays."""
    await write(connection, _SQL["insert_study_key"], study_id, *key)
