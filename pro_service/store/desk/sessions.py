"""Signing in: tries, passwords, sessions. Every call is one narrow function of the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final, Literal, NamedTuple
from uuid import UUID

from pro_service.domain.record import Record
from pro_service.domain.study.people import Membership
from pro_service.domain.study.permissions import Role
from pro_service.store.connection import Connection
from pro_service.store.queues import Queue, columns_of
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("desk/sessions")


class Credentials(Record):
    """Whom a typed name means, the hash the password must meet, and the studies they are in now."""

    person_id: UUID
    login: str
    disabled: bool
    password_hash: str
    memberships: tuple[Membership, ...]


class Opened(NamedTuple):
    """From where a session is opened, with what, and in place of which."""

    address: str
    device: str | None
    replaced_sha256: bytes | None


Begun = Literal["begun", "stopped", "password_changed"]
"""What became of beginning a session."""


class Assignment(Record):
    """A role at a site, in force now; one of the whole study stands once for every site."""

    site_id: UUID
    role: Role


class SessionRow(Record):
    """An open session: whose it is, and in which study it stands.

    A study without `staff_id`: the person is no member of it any more.
    """

    person_id: UUID
    person_login: str
    language: Literal["en", "zh_CN"]
    studies: int
    """How many studies they may work in now."""
    study_id: UUID | None
    study: str | None
    study_name: str | None
    staff_id: UUID | None
    login: str | None
    """How the study's record names them."""
    assignments: tuple[Assignment, ...]
    proved_ago: timedelta
    """How long ago (machine time) they gave their password last."""
    has_factor: bool
    factor_proved: bool
    """Whether this session was opened by the second factor too."""
    held_roles: frozenset[Role]
    """Every role of theirs now, in whichever study."""


class OwnRole(Record):
    """A role in force now; without a site, in the whole study."""

    role: Role
    site: str | None


class OwnStudy(Record):
    """A study somebody may work in now; `here`: the session stands in it."""

    study_id: UUID
    study: str
    name: str
    here: bool
    roles: tuple[OwnRole, ...]


class Try(NamedTuple):
    """A try to sign in: whose name it is, if anybody's, from which network and address."""

    person_id: UUID | None
    login_sha256: bytes
    network_sha256: bytes
    address: str


class Turn(NamedTuple):
    """When a try may be looked at: after a wait; None, and when to ask again, where it may not."""

    wait: timedelta | None
    again: timedelta | None
    counted: bool
    """Whether it has places in the queues, to be given back if it was right."""


async def begin_sign_in(
    connection: Connection,
    tried: Try,
    queues: Sequence[Queue],
    *,
    per_pair: int,
    within: timedelta,
) -> Turn:
    """Count one more try; where its sender never signed in from there, it waits in the queues.

    `per_pair` are the wrong tries at this name from this network that are allowed within `within`.
    """
    row = await connection.fetchrow(
        _SQL["begin_sign_in"], *tried, per_pair, within, *columns_of(queues)
    )
    return row_of(Turn, row)


async def find_sign_in(connection: Connection, typed: str) -> Credentials | None:
    """The one person this name means, if they have a password."""
    row = await connection.fetchrow(_SQL["find_sign_in"], typed)
    return None if row is None else Credentials.model_validate(dict(row))


async def refuse_sign_in(connection: Connection, tried: Try) -> None:
    """Record a refusal."""
    await connection.execute(
        _SQL["refuse_sign_in"], tried.person_id, tried.login_sha256, tried.address
    )


async def begin_session(
    connection: Connection,
    session_sha256: bytes,
    known: Credentials,
    *,
    staff_id: UUID | None,
    opened: Opened,
) -> Begun:
    """Begin a session with the password that was verified; the one it replaces, if any, ends.

    Nothing begins if the person or membership has ended, or another password is in force by now.
    """
    what: Begun = await connection.fetchval(
        _SQL["begin_session"],
        *(session_sha256, known.person_id, staff_id, *opened),
        known.password_hash,
    )
    return what


async def use_session(
    connection: Connection, session_sha256: bytes, *, idle: timedelta, lifetime: timedelta
) -> SessionRow | None:
    """Who an open session is; None once it has ended or one of its limits has passed."""
    row = await connection.fetchrow(_SQL["use_session"], session_sha256, idle, lifetime)
    return None if row is None else SessionRow.model_validate(dict(row))


async def get_session_end(connection: Connection, session_sha256: bytes) -> str | None:
    """Why a session ended; None if it did not, or is not known."""
    reason: str | None = await connection.fetchval(_SQL["get_session_end"], session_sha256)
    return reason


async def list_own_studies(connection: Connection, session_sha256: bytes) -> list[OwnStudy]:
    """The studies whoever is in by this session may work in now, by code."""
    rows = await connection.fetch(_SQL["list_own_studies"], session_sha256)
    return [OwnStudy.model_validate(dict(row)) for row in rows]


async def choose_study(
    connection: Connection, session_sha256: bytes, study_id: UUID, fresh_sha256: bytes
) -> bool:
    """Go on in a study under a new session id; False if it is not one of theirs now."""
    chosen: bool = await connection.fetchval(
        _SQL["choose_study"], session_sha256, study_id, fresh_sha256
    )
    return chosen


async def end_staff_session(connection: Connection, session_sha256: bytes) -> None:
    """Sign out."""
    await connection.execute(_SQL["end_staff_session"], session_sha256)


async def is_desk_open(
    connection: Connection, session_sha256: bytes, *, idle: timedelta, lifetime: timedelta
) -> bool:
    """Whether a staff session is open; never in a demo, whose visitor is everybody."""
    is_open: bool = await connection.fetchval(_SQL["is_desk_open"], session_sha256, idle, lifetime)
    return is_open
