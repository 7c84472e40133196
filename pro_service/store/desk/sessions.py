"""Signing in: tries, passwords, sessions. Every call is one narrow function of the database."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, Literal, NamedTuple
from uuid import UUID

from pro_service.domain.record import Record
from pro_service.domain.study.permissions import Role
from pro_service.store.connection import Connection
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("desk/sessions")


class Credentials(NamedTuple):
    """Who a typed name means, and the hash the password must meet."""

    study_id: UUID
    staff_id: UUID
    login: str
    password_hash: str


class Assignment(Record):
    """A role at a site, in force now; one of the whole study stands once for every site."""

    site_id: UUID
    role: Role


class StaffRow(Record):
    """The member of staff behind an open session."""

    study_id: UUID
    staff_id: UUID
    login: str
    language: Literal["en", "zh_CN"]
    assignments: tuple[Assignment, ...]


async def begin_sign_in(
    connection: Connection,
    *,
    login_sha256: bytes,
    address_sha256: bytes,
    address: str,
    per_login: int,
    per_address: int,
    within: timedelta,
) -> bool:
    """Count one more try; False if this name or this address has had too many."""
    made = await connection.fetchval(
        _SQL["begin_sign_in"],
        login_sha256,
        address_sha256,
        address,
        per_login,
        per_address,
        within,
    )
    return made is not None


async def find_sign_in(
    connection: Connection, login: str, study_code: str | None
) -> Credentials | None:
    """The one member of staff with this name and a password."""
    row = await connection.fetchrow(_SQL["find_sign_in"], login, study_code)
    return None if row is None else row_of(Credentials, row)


async def refuse_sign_in(
    connection: Connection,
    known: Credentials | None,
    *,
    login_sha256: bytes,
    address: str,
) -> None:
    """Record a refusal."""
    await connection.execute(
        _SQL["refuse_sign_in"],
        None if known is None else known.study_id,
        None if known is None else known.staff_id,
        login_sha256,
        address,
    )


async def begin_staff_session(
    connection: Connection,
    known: Credentials,
    *,
    session_sha256: bytes,
    login_sha256: bytes,
    address: str,
    replaced_sha256: bytes | None,
) -> None:
    """Begin a session; the one it replaces, if any, ends."""
    await connection.execute(
        _SQL["begin_staff_session"],
        session_sha256,
        known.study_id,
        known.staff_id,
        login_sha256,
        address,
        replaced_sha256,
    )


async def use_staff_session(
    connection: Connection, session_sha256: bytes, *, idle: timedelta, lifetime: timedelta
) -> StaffRow | None:
    """Who an open session is; None once it has ended or one of its limits has passed."""
    row = await connection.fetchrow(_SQL["use_staff_session"], session_sha256, idle, lifetime)
    return None if row is None else StaffRow.model_validate(dict(row))


async def end_staff_session(connection: Connection, session_sha256: bytes) -> None:
    """Sign out."""
    await connection.execute(_SQL["end_staff_session"], session_sha256)


async def set_staff_password(
    connection: Connection,
    study_id: UUID,
    staff_id: UUID,
    row_id: UUID,
    *,
    password_hash: str,
    actor: str,
) -> None:
    """Give a member of staff a password; every open session of theirs ends."""
    await connection.execute(
        _SQL["set_staff_password"], study_id, staff_id, row_id, password_hash, actor
    )


async def revoke_staff_sessions(
    connection: Connection, study_id: UUID, staff_id: UUID, actor: str
) -> int:
    """End every session of a member of staff; returns how many."""
    ended: int = await connection.fetchval(_SQL["revoke_staff_sessions"], study_id, staff_id, actor)
    return ended
