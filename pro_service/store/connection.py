"""What every store function takes first, and the two ways a write can be refused."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, NamedTuple, TypeAlias
from uuid import UUID

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from pro_service.domain.errors import ProServiceError
from pro_service.store.journal import JournalLine, is_kept, keep, lines_of
from pro_service.store.pools import is_stale

Connection: TypeAlias = (
    "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
    " | asyncpg.Pool[asyncpg.Record]"
)
"""A connection, or a pool that lends one for the length of a statement."""


_STUDY_CLOSED: Final = "PR005"


class StaleRevisionError(ProServiceError):
    """The facts have changed since they were read; read again and decide anew."""


class StudyClosedError(ProServiceError):
    """The study is closed: nobody is enrolled any more."""


class DuplicateError(ProServiceError):
    """This has been stored before."""

    def __init__(self, constraint: str | None) -> None:
        """Keep the name of the rule that found the copy."""
        super().__init__()
        self.constraint = constraint


class Guard(NamedTuple):
    """Whose facts a write was decided from, at which revision: it holds only while that stands."""

    study_id: UUID
    participant_id: UUID
    revision: int


class Looking(NamedTuple):
    """Who acts, at which sites, in which roles: as row-level security reads it."""

    actor: str
    site_ids: str
    site_roles: str

    @classmethod
    def of(cls, actor: str, roles: Sequence[tuple[UUID, str]]) -> Looking:
        """Somebody with these roles, each with its site."""
        sites = dict.fromkeys(str(site) for site, _ in roles)
        return cls(actor, ",".join(sites), ",".join(f"{site}:{role}" for site, role in roles))


async def write(
    connection: Connection, sql: str, *parameters: Any, telling: Sequence[JournalLine] = ()
) -> asyncpg.Record | None:
    """Run one writing statement; its refusals become StaleRevisionError and DuplicateError.

    Somebody enrolled in a closed study is StudyClosedError.

    What of it a restore must not forget is journalled first: by its document, or by `telling` for
    a statement without one. Raises JournalError; nothing was written then.
    """
    if is_kept():
        await keep([*telling, *lines_of(parameters)])
    try:
        return await connection.fetchrow(sql, *parameters)
    except asyncpg.UniqueViolationError as error:
        raise DuplicateError(error.constraint_name) from None
    except asyncpg.PostgresError as error:
        if is_stale(error):
            raise StaleRevisionError from None
        if error.sqlstate == _STUDY_CLOSED:
            raise StudyClosedError from None
        raise


@asynccontextmanager
async def borrowed(connection: Connection) -> AsyncIterator[Connection]:
    """The connection given, or one the pool lends for several statements.

    To borrow one for each costs as much as a small statement does.
    """
    if isinstance(connection, asyncpg.Pool):
        async with connection.acquire() as lent:
            yield lent
    else:
        yield connection


@asynccontextmanager
async def transaction(connection: Connection) -> AsyncIterator[Connection]:
    """A short transaction: on the connection given, or on one the pool lends for its length."""
    async with borrowed(connection) as lent, lent.transaction():
        yield lent
