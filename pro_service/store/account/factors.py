"""Second factors: sealed secrets, hashes of recovery codes, and codes used up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal, NamedTuple
from uuid import UUID

from pro_service.store.connection import Connection
from pro_service.store.rows import row_of
from pro_service.store.sql_files import load_queries

_SQL: Final = load_queries("account/factors")
CodeKind = Literal["code", "recovery"]
"""Of the telephone, or of the list that was shown once."""


class FactorRow(NamedTuple):
    """A second factor in force; `now` is the database's clock, in UTC."""

    id: UUID
    secret_sealed: bytes
    secret_key: str
    key_id: UUID | None
    wrapped: bytes | None
    wrapping_key: str | None
    recovery_sha256: Sequence[bytes]
    last_step: int | None
    """The half minute of the last code that counted."""
    now: datetime


class PersonKeyRow(NamedTuple):
    """The key of a study of theirs, wrapped; `now` is the database's clock, in UTC."""

    study_id: UUID
    id: UUID
    wrapped: bytes
    wrapping_key: str
    now: datetime


class SealedSecret(NamedTuple):
    """A secret as it is kept, and what goes with it."""

    id: UUID
    study_id: UUID
    secret_sealed: bytes
    secret_key: str
    recovery_sha256: list[bytes]
    step: int
    """The half minute of the code that showed it works: used up by that."""


async def find_factor(connection: Connection, person_id: UUID) -> FactorRow | None:
    """The second factor of a person, if they have one."""
    row = await connection.fetchrow(_SQL["find_factor"], person_id)
    return None if row is None else row_of(FactorRow, row)


async def find_person_key(connection: Connection, person_id: UUID) -> PersonKeyRow | None:
    """The key a person's secret is sealed under; None while no study of theirs has one."""
    row = await connection.fetchrow(_SQL["find_person_key"], person_id)
    return None if row is None else row_of(PersonKeyRow, row)


async def set_factor(connection: Connection, session_sha256: bytes, secret: SealedSecret) -> None:
    """Give whoever is in a second factor; the one before ends."""
    await connection.execute(_SQL["set_factor"], session_sha256, *secret)


async def use_code(
    connection: Connection, session_sha256: bytes, factor_id: UUID, kind: CodeKind, which: int
) -> bool:
    """Use a code up; False where it, or a later one of the telephone, was used before."""
    used: bool = await connection.fetchval(_SQL["use_code"], session_sha256, factor_id, kind, which)
    return used


async def pass_factor(
    connection: Connection, session_sha256: bytes, fresh_sha256: bytes, address: str
) -> bool:
    """Go on under a new session id, the second factor given; False: the session has ended."""
    passed: bool = await connection.fetchval(
        _SQL["pass_factor"], session_sha256, fresh_sha256, address
    )
    return passed


async def end_factor(
    connection: Connection, person_id: UUID, row_id: UUID, *, actor: str, reason: str
) -> bool:
    """Reset a person's second factor; False where they have none."""
    query = _SQL["end_factor"]
    return await connection.fetchval(query, person_id, row_id, actor, reason) is not None
