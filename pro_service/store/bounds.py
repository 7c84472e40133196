"""How long the database may keep somebody waiting, and what it says when it is not there.

Every wait has an end. The server's own bound (`statement_timeout`) comes first: it ends a slow
statement and keeps the connection. Only a connection that went silent is met by ours, a second
later, and is thrown away. Below both the kernel asks a quiet peer whether it still lives.
"""

from __future__ import annotations

import socket
from typing import Final, NamedTuple

import asyncpg

from pro_service.domain.errors import ProServiceError

SLACK: Final = 1.0
"""Seconds the server's own refusal has to reach us before a connection counts as silent."""
ALIVE: Final = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3}
"""After 30 quiet seconds the peer is asked three times, 10 s apart; then the connection ends."""
UNHEARD: Final = 30_000
"""Milliseconds after which what was sent and never acknowledged ends the connection."""
_LOST_CLASSES: Final = frozenset({"08", "53", "57", "58"})
"""SQLSTATE classes: connection, resources, an operator's or the server's own stop, its system."""
_LOST_STATES: Final = frozenset({"25006", "25P03"})
"""A server that became a standby; a transaction the server ended for its silence."""
READ_ONLY: Final = "25006"


class Bounds(NamedTuple):
    """Seconds of machine time."""

    connecting: float = 4.0
    """To make one connection, from the first packet until it may be used."""
    lending: float = 5.0
    """For a pool to lend a connection, made anew where that is needed."""
    statement: float = 8.0
    """For one statement, by the server's clock; also what a transaction may stand idle."""
    idle: bool = True
    """Whether a transaction that stands idle for as long as a statement may run is ended."""

    @property
    def silence(self) -> float:
        """Seconds without an answer after which a connection is given up."""
        return self.statement + SLACK

    @property
    def settings(self) -> dict[str, str]:
        """The server's part, for the start message: its bounds, and how it notices that we went."""
        bound = str(round(self.statement * 1000))
        alive = {
            "tcp_keepalives_idle": str(ALIVE["TCP_KEEPIDLE"]),
            "tcp_keepalives_interval": str(ALIVE["TCP_KEEPINTVL"]),
            "tcp_keepalives_count": str(ALIVE["TCP_KEEPCNT"]),
            "tcp_user_timeout": str(UNHEARD),
        }
        idle = {"idle_in_transaction_session_timeout": bound} if self.idle else {}
        return {"statement_timeout": bound, **idle, **alive}


PAGES: Final = Bounds()
"""Pages and webhooks: a provider waits 15 s for an answer, and lending with silence is 14."""
COMMANDS: Final = Bounds(connecting=10.0, lending=10.0, statement=3600.0, idle=False)
"""Commands of an operator: migrations, exports, backups and proofs may read for an hour."""


def worker_bounds(pages: Bounds) -> Bounds:
    """Periodic work reads across studies: three times as long a statement, twice the lending."""
    return pages._replace(lending=pages.lending * 2, statement=pages.statement * 3)


class DatabaseUnreachableError(ProServiceError):
    """The database cannot be reached."""


class DatabaseRefusedError(DatabaseUnreachableError):
    """The database is there and refuses who comes: waiting mends nothing."""


BROKEN: Final = (
    OSError,  # Time-outs are OSErrors.
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
"""What a connection raises that breaks while it is used."""
CANNOT_CONNECT: Final = (*BROKEN, ValueError)
"""What connecting raises: a URL that is none is a ValueError."""


def says_lost(error: BaseException | None) -> bool:
    """Whether the database said that it cannot serve now, by the state of its error."""
    state = getattr(error, "sqlstate", None)
    return isinstance(state, str) and (state[:2] in _LOST_CLASSES or state in _LOST_STATES)


def unreachable(error: BaseException) -> DatabaseUnreachableError:
    """What failed, as one error of ours.

    asyncpg's own words may carry the password of the URL's user; the type says enough.
    """
    if isinstance(error, asyncpg.InsufficientPrivilegeError):
        return DatabaseRefusedError(
            "The database user may not act as the service's roles.",
            mend="Run `pro-service migrate` as this user, or grant it the roles (see the README).",
        )
    if isinstance(error, asyncpg.InvalidAuthorizationSpecificationError):
        return DatabaseRefusedError(
            "The database does not let this user in, or not with this password.",
            mend="Check user and password in PRO_DATABASE_URL, and the server's pg_hba.conf.",
        )
    if isinstance(error, asyncpg.InvalidCatalogNameError):
        return DatabaseRefusedError(
            "The server has no database of this name.",
            mend="Check the name in PRO_DATABASE_URL, or make the database.",
        )
    if isinstance(error, asyncpg.ProtocolViolationError) and "startup parameter" in str(error):
        return DatabaseRefusedError(
            "A pooler stands before the database and refuses what our connections start with.",
            mend="Name an entry of it for each role: `.../pro_{role}` in PRO_DATABASE_URL.",
        )
    if isinstance(error, ValueError):
        return DatabaseRefusedError(
            "The database's address cannot be read.",
            mend="Write PRO_DATABASE_URL as postgresql://USER:PASSWORD@HOST:PORT/DATABASE.",
        )
    return DatabaseUnreachableError(
        f"The database cannot be reached ({type(error).__name__}).",
        mend="Check PRO_DATABASE_URL, that PostgreSQL runs there, and that its schema is migrated.",
    )


def lost(error: BaseException) -> DatabaseUnreachableError:
    """What broke off on the way, as one error of ours: what was asked may be asked again."""
    return DatabaseUnreachableError(
        f"The database does not answer ({type(error).__name__}).", mend="Try again in a moment."
    )


def ask_whether_alive(peer: socket.socket) -> None:
    """Let the kernel notice a peer that went without a word; nothing for a local socket."""
    if peer.family not in (socket.AF_INET, socket.AF_INET6):
        return
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in {**ALIVE, "TCP_USER_TIMEOUT": UNHEARD}.items():
        option = getattr(socket, name, None)  # Not every system has all of them.
        if option is not None:
            peer.setsockopt(socket.IPPROTO_TCP, option, value)
