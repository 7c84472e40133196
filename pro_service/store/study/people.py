"""People and their memberships of studies, as an operator keeps them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple
from uuid import UUID

from pro_service.domain.instruments.model import Language
from pro_service.domain.record import Record
from pro_service.domain.study.permissions import Role
from pro_service.store.connection import Connection, write
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("study/people")


class NamedPersonRow(NamedTuple):
    """A person a typed name may mean."""

    id: UUID
    login: str
    disabled: bool


class MembershipRow(NamedTuple):
    """A person's latest membership of a study."""

    id: UUID
    ended: bool


class HeldRole(Record):
    """A role, from when until when (study time); without a site, in the whole study."""

    role: Role
    site: str | None
    valid_from: datetime
    valid_to: datetime | None


class ListedMembership(Record):
    """A membership of a study, past or present, with every role ever held in it."""

    study: str
    name: str
    """How the study's record names them."""
    valid_from: datetime
    valid_to: datetime | None
    roles: tuple[HeldRole, ...]


class ListedPerson(Record):
    """A person as an operator sees them; `last_sign_in` and `disabled_at` are machine time."""

    login: str
    name: str | None
    disabled_at: datetime | None
    disabled_reason: str | None
    joined_to: str | None
    last_sign_in: datetime | None
    memberships: tuple[ListedMembership, ...]


async def list_people_named(connection: Connection, typed: str) -> list[NamedPersonRow]:
    """Everybody a typed name may mean."""
    rows = await connection.fetch(_SQL["list_people_named"], typed)
    return [row_of(NamedPersonRow, row) for row in rows]


async def insert_person(
    connection: Connection,
    person_id: UUID,
    *,
    login: str,
    name: str | None,
    language: str,
    actor: str,
) -> None:
    """Add a person. Raises DuplicateError for a login in use."""
    await write(connection, _SQL["insert_person"], person_id, login, language, actor, name)


async def disable_person(connection: Connection, person_id: UUID, reason: str) -> bool:
    """Stop a person everywhere; False if they were stopped before. Within a reason."""
    return await write(connection, _SQL["disable_person"], person_id, reason) is not None


async def enable_person(connection: Connection, person_id: UUID) -> bool:
    """Let a person sign in again; False if they were not stopped. Within a reason."""
    return await write(connection, _SQL["enable_person"], person_id) is not None


async def find_membership(
    connection: Connection, study_id: UUID, person_id: UUID
) -> MembershipRow | None:
    """A person's latest membership of a study."""
    row = await connection.fetchrow(_SQL["find_membership"], study_id, person_id)
    return None if row is None else row_of(MembershipRow, row)


async def insert_membership(
    connection: Connection,
    study_id: UUID,
    row_id: UUID,
    *,
    person_id: UUID,
    login: str,
    actor: str,
) -> None:
    """Make a person a member of a study. Raises DuplicateError for a name known there already."""
    await write(connection, _SQL["insert_membership"], study_id, row_id, person_id, login, actor)


async def reopen_membership(connection: Connection, study_id: UUID, row_id: UUID) -> None:
    """A membership that ended holds again. Within a reason."""
    await write(connection, _SQL["reopen_membership"], study_id, row_id)


async def end_membership(connection: Connection, study_id: UUID, person_id: UUID) -> bool:
    """End a person's membership of a study with all its roles; False if there is none.

    Within a reason.
    """
    return await write(connection, _SQL["end_membership"], study_id, person_id) is not None


async def end_role(
    connection: Connection, study_id: UUID, person_id: UUID, role: Role, site_id: UUID | None
) -> bool:
    """End a role held at a site, or in the whole study (None); False if they do not hold it.

    Within a reason.
    """
    query = _SQL["end_role"]
    return await write(connection, query, study_id, person_id, role, site_id) is not None


class OpenSession(NamedTuple):
    """An open session, as an operator sees it; times are machine time, in UTC."""

    started_at: datetime
    last_seen_at: datetime
    address: str | None
    device: str | None
    study: str | None


async def list_person_sessions(
    connection: Connection, person_id: UUID, *, idle: timedelta, lifetime: timedelta
) -> list[OpenSession]:
    """The open sessions of a person, the latest used first."""
    rows = await connection.fetch(_SQL["list_person_sessions"], person_id, idle, lifetime)
    return [row_of(OpenSession, row) for row in rows]


async def list_shared_studies(connection: Connection, keep: UUID, other: UUID) -> list[str]:
    """Codes of the studies two people are both members of now."""
    rows = await connection.fetch(_SQL["list_shared_studies"], keep, other)
    return [row["code"] for row in rows]


async def move_membership(connection: Connection, study_id: UUID, keep: UUID, other: UUID) -> None:
    """The other person's memberships of a study become the kept one's. Within a reason."""
    await write(connection, _SQL["move_membership"], study_id, keep, other)


async def join_person(connection: Connection, keep: UUID, other: UUID, reason: str) -> None:
    """The other person is the kept one from now on. Within a reason."""
    await write(connection, _SQL["join_person"], keep, other, reason)


async def set_person_password(
    connection: Connection, person_id: UUID, row_id: UUID, *, password_hash: str, actor: str
) -> None:
    """Give a person a password; every open session of theirs ends."""
    await connection.execute(_SQL["set_person_password"], person_id, row_id, password_hash, actor)


async def end_person_sessions(
    connection: Connection,
    person_id: UUID,
    why: Literal["revoked", "disabled", "joined"],
    actor: str,
) -> int:
    """End every session of a person; returns how many."""
    ended: int = await connection.fetchval(_SQL["end_person_sessions"], person_id, why, actor)
    return ended


class DutyRow(NamedTuple):
    """A word on one duty of somebody: that they have it, or (`held` False) have it no more."""

    id: UUID
    person_id: UUID
    duty: str
    held: bool
    reason: str
    actor: str


async def record_duty(connection: Connection, study_id: UUID, row: DutyRow) -> bool:
    """Keep a word on a duty; False if they are no member of the study."""
    return await connection.fetchrow(_SQL["record_duty"], study_id, *row) is not None


AddressKind = Literal["email", "phone"]


class AddressRow(NamedTuple):
    """Where somebody is told from now on, sealed; None: no more."""

    id: UUID
    person_id: UUID
    kind: AddressKind
    address_sealed: bytes | None
    address_key: str | None
    actor: str


async def record_staff_address(connection: Connection, study_id: UUID, row: AddressRow) -> bool:
    """Keep where somebody is told; False if they are no member of the study."""
    return await connection.fetchrow(_SQL["record_staff_address"], study_id, *row) is not None


class StaffAddress(NamedTuple):
    """Where somebody is told, sealed, and in which language."""

    staff_id: UUID
    id: UUID
    address_sealed: bytes
    address_key: str
    language: Language


async def list_staff_told_at(
    connection: Connection, study_id: UUID, kind: AddressKind
) -> list[StaffAddress]:
    """Where the staff of a study are told now by one kind of address."""
    rows = await connection.fetch(_SQL["list_staff_told_at"], study_id, kind)
    return [row_of(StaffAddress, row) for row in rows]


async def give_reason(connection: Connection, reason: str) -> None:
    """Say why the transaction under way changes what needs a reason."""
    await connection.fetchval(_SQL["give_reason"], reason)


async def list_people(connection: Connection, study_id: UUID | None) -> list[ListedPerson]:
    """Everybody, or everybody ever in a study, by login."""
    rows = await connection.fetch(_SQL["list_people"], study_id)
    return [ListedPerson.model_validate(dict(row)) for row in rows]
