"""A pooler (PgBouncer) between us and the server: one entry a role, and sessions that stay ours.

Each connection works as one database role, with an actor and bounds of its own. A pooler that gives
statements of one connection to different sessions would mix these up: it is refused.
"""

from __future__ import annotations

from typing import Final

import asyncpg

from pro_service.domain.errors import ProServiceError
from pro_service.store.base.sessions import get_session, mark_session
from pro_service.store.ids import new_id

PLACE: Final = "{role}"
"""Where an address names the entry of each role: `postgresql://...:6432/pro_{role}`."""
LOGIN: Final = "login"
"""The entry of whoever stays who the address says: migrations, backups."""
CARRIED: Final = frozenset({"application_name", "TimeZone"})
"""What a pooler hands on of a start message; whatever else it brings is refused or dropped."""


class PoolerError(ProServiceError):
    """What stands between us and the database does not keep sessions apart."""


def entry_of(url: str, role: str | None) -> str:
    """The address of a role's own entry; the one given where no pooler is named."""
    return url.replace(PLACE, LOGIN if role is None else role.removeprefix("pro_"))


def is_pooled(url: str) -> bool:
    """Whether a pooler stands there, by what the address says."""
    return PLACE in url


async def demand_sessions(
    one: asyncpg.Connection, other: asyncpg.Connection, works_as: str
) -> None:
    """Two connections of a role must each have a session of their own. Raises PoolerError.

    While the other is in a transaction, and so has a session whatever the pooler does, neither may
    meet the other's mark, or lose its own.
    """
    mine = str(new_id())
    try:
        await mark_session(one, mine)
        async with other.transaction():
            theirs = await get_session(other)
            again = await get_session(one)
    except (asyncpg.InvalidSQLStatementNameError, asyncpg.DuplicatePreparedStatementError):
        raise _shared() from None
    if theirs.mark == mine or again.mark != mine:
        raise _shared()
    if theirs.works_as != works_as or again.works_as != works_as:
        raise PoolerError(
            f"A connection that should work as {works_as} works as {again.works_as}: a pooler in"
            " between drops what connections start with.",
            mend="Do not ignore start parameters there; name an entry for each role"
            f" (`.../pro_{PLACE}` in PRO_DATABASE_URL).",
        )


def _shared() -> PoolerError:
    return PoolerError(
        "A pooler gives the statements of one connection to different sessions (PgBouncer's"
        " transaction or statement mode): roles, actors and bounds would be mixed up.",
        mend="Set pool_mode = session in its configuration.",
    )
