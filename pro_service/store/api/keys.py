"""Keys of programs: kept by hash, counted as they are used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.record import Record
from pro_service.domain.study.permissions import Role
from pro_service.store.connection import Connection, write
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("api/keys")


class HeldRole(Record):
    """A role at a site, in force now; one of the whole study stands once for every site."""

    site_id: UUID
    role: Role


class KeyUse(Record):
    """Whose a presented key is, where they are in which roles, and what it may be used for."""

    key_id: UUID
    person_id: UUID
    person_login: str
    study_id: UUID
    study: str
    study_name: str
    staff_id: UUID
    login: str
    scopes: tuple[str, ...]
    assignments: tuple[HeldRole, ...]
    wait: timedelta | None
    """How long until the next use; None: it may be used now."""


@dataclass(frozen=True)
class NewKey:
    """A key to keep: its hash, and never the key itself."""

    id: UUID
    staff_id: UUID
    key_sha256: bytes
    scopes: tuple[str, ...]
    per_minute: int
    days: int
    allowed_by: str | None
    """Who allowed it exports, and..."""
    reason: str | None
    """...why."""


class KeyRow(NamedTuple):
    """A key as an operator sees it; all times are machine time."""

    id: UUID
    login: str
    answers: str | None
    """Who answers for the program."""
    scopes: Sequence[str]
    per_minute: int
    recorded_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    ended_at: datetime | None
    end_reason: str | None
    expired: bool
    allowed_by: str | None


async def use_api_key(connection: Connection, key_sha256: bytes) -> KeyUse | None:
    """Count a use of a key; None for one that is not known or holds no more."""
    row = await connection.fetchrow(_SQL["use_api_key"], key_sha256)
    return None if row is None else KeyUse.model_validate(dict(row))


async def find_program(connection: Connection, person_id: UUID) -> UUID | None:
    """Who answers for a program; None: the person is none."""
    found: UUID | None = await connection.fetchval(_SQL["find_program"], person_id)
    return found


async def insert_program(
    connection: Connection, person_id: UUID, answers_id: UUID, actor: str
) -> None:
    """Say that a person is a program, and who answers for it."""
    await write(connection, _SQL["insert_program"], person_id, answers_id, actor)


async def insert_api_key(
    connection: Connection, study_id: UUID, key: NewKey, actor: str
) -> datetime:
    """Keep a new key; returns until when it holds."""
    until: datetime = await connection.fetchval(
        _SQL["insert_api_key"],
        *(study_id, key.id, key.staff_id, key.key_sha256),
        *(list(key.scopes), key.per_minute, key.days, actor, key.allowed_by, key.reason),
    )
    return until


async def list_api_keys(connection: Connection, study_id: UUID) -> list[KeyRow]:
    """Every key of a study, in the order in which they were made."""
    rows = await connection.fetch(_SQL["list_api_keys"], study_id)
    return [row_of(KeyRow, row) for row in rows]


async def end_api_key(
    connection: Connection, study_id: UUID, key_id: UUID, row_id: UUID, *, reason: str, actor: str
) -> bool:
    """End a key; False if there is none, or it has ended before."""
    ended = await connection.fetchval(_SQL["end_api_key"], study_id, key_id, row_id, reason, actor)
    return ended is not None
