"""Connections that never keep anybody waiting for ever, and the pools that lend them.

Everything said to a pool goes through a `Loan`. It is the one place where what asyncpg, the kernel
or a dying server raise becomes DatabaseUnreachableError.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Generator, Mapping
from time import monotonic
from types import TracebackType
from typing import Any, Final, TypeVar

import asyncpg
from asyncpg.pool import PoolAcquireContext, PoolConnectionProxy

from pro_service.store.bounds import (
    BROKEN,
    CANNOT_CONNECT,
    READ_ONLY,
    Bounds,
    ask_whether_alive,
    lost,
    says_lost,
    unreachable,
)
from pro_service.store.built_in import Told, known_arrays
from pro_service.store.hosts import connect_first, doubt

Waited = Callable[[str, float], None]
"""Told the role of a pool, and for how many seconds a connection of it was waited for."""
KEPT_PLANS: Final = 3600
"""Seconds a connection keeps a statement it has planned."""
_MOST_QUERIES: Final = 50_000
"""Statements said on a connection before it is made anew."""
CLOSING: Final = 5.0
"""Seconds a server has to say goodbye."""
T = TypeVar("T")
log = logging.getLogger("pro_service.store")


def nobody_asks(*_: object) -> None:
    """Where nobody counts."""


class BoundedConnection(asyncpg.Connection):
    """A connection that is given up once the database has been silent for too long.

    Where a statement's time runs out at our side, the server's own bound was not heard: nothing
    said on this connection arrives any more, a cancellation or a rollback least of all.
    """

    def __init__(
        self,
        protocol: Any,
        transport: asyncio.Transport,
        loop: asyncio.AbstractEventLoop,
        address: Any,
        config: Any,
        *rest: Any,
    ) -> None:
        """As asyncpg makes it, with a kernel that looks after its socket."""
        ask_whether_alive(transport.get_extra_info("socket"))
        self.patience: float | None = config.command_timeout
        """Seconds a statement is waited for."""
        super().__init__(protocol, transport, loop, address, config, *rest)

    async def execute(self, query: str, *args: Any, **options: Any) -> str:
        """As asyncpg's."""
        return await self._heard(super().execute(query, *args, **options), options)

    async def executemany(self, command: str, args: Any, **options: Any) -> None:
        """As asyncpg's."""
        await self._heard(super().executemany(command, args, **options), options)

    async def fetch(self, query: str, *args: Any, **options: Any) -> list[asyncpg.Record]:
        """As asyncpg's."""
        return await self._heard(super().fetch(query, *args, **options), options)

    async def fetchrow(self, query: str, *args: Any, **options: Any) -> asyncpg.Record | None:
        """As asyncpg's."""
        return await self._heard(super().fetchrow(query, *args, **options), options)

    async def fetchval(self, query: str, *args: Any, **options: Any) -> Any:
        """As asyncpg's."""
        return await self._heard(super().fetchval(query, *args, **options), options)

    async def close(self, **options: Any) -> None:
        """End it; a server that does not answer any more is not waited for, and is no error."""
        try:
            async with asyncio.timeout(options.get("timeout") or CLOSING):
                await super().close()
        except BROKEN:
            self.terminate()

    async def _introspect_types(self, type_ids: Any, *rest: Any) -> Any:
        """As asyncpg's, but for what is the same in every database: that is not asked."""
        told = known_arrays(type_ids)
        return (
            (told, Told()) if told is not None else await super()._introspect_types(type_ids, *rest)
        )

    async def _heard(self, answer: Awaitable[T], options: Mapping[str, Any]) -> T:
        """Wait for an answer; a database that gives none ends the connection, and so the wait."""
        # asyncpg's own bound leaves out what it tidies up before a statement.
        bound = options.get("timeout") or self.patience
        alarm = None if bound is None else self._loop.call_later(bound, self.terminate)
        try:
            return await answer
        except TimeoutError:
            self.terminate()
            raise
        finally:
            if alarm is not None:
                alarm.cancel()


class Loan(PoolAcquireContext):
    """A connection lent for a while. What breaks meanwhile is DatabaseUnreachableError."""

    pool: BoundedPool

    async def __aenter__(self) -> PoolConnectionProxy[asyncpg.Record]:
        """Take one. Raises DatabaseUnreachableError."""
        began = monotonic()
        try:
            return await super().__aenter__()
        except BROKEN as error:
            raise lost(error) from error
        finally:
            self.pool.waited(monotonic() - began)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give it back, whole or broken. What was done on it stands, however giving it back goes.

        Raises DatabaseUnreachableError in the place of an error that came of a broken connection.
        """
        gone = error is not None and _is_gone(self.connection, error)
        broken = gone or says_lost(error)
        if gone:
            await self.pool.doubt_all()
        try:
            await super().__aexit__(kind, error, trace)
        except BROKEN as late:
            log.warning("connection_dropped", extra={"error": type(late).__name__})
        if broken and isinstance(error, BROKEN):
            raise lost(error) from error

    def __await__(self) -> Generator[Any, None, PoolConnectionProxy[asyncpg.Record]]:
        """Take one, to be given back by `release`."""
        return self.__aenter__().__await__()


def _is_gone(connection: PoolConnectionProxy[asyncpg.Record], error: BaseException) -> bool:
    """Whether nobody can be served on the connection any more."""
    if getattr(error, "sqlstate", None) == READ_ONLY:
        connection.terminate()
        return True
    try:
        return bool(connection.is_closed())
    except asyncpg.InterfaceError:  # It was thrown away, and the pool has its place back.
        return True


def _is_tidy(connection: asyncpg.Connection) -> bool:
    """Whether a connection can be lent on as it is."""
    said = connection._protocol
    return not (
        connection.is_closed()
        or connection.is_in_transaction()
        or said._is_cancelling()
        or said.queries_count >= _MOST_QUERIES
    )


async def _leave_as_it_is(_: asyncpg.Connection) -> None:
    """In place of RESET ALL and its round trip: nothing of ours sets more than a transaction holds.

    asyncpg has rolled back an open transaction before, and with it every SET LOCAL.
    """


class BoundedPool(asyncpg.Pool):
    """A pool that lends within its bounds; one broken loan makes it look at all of them anew."""

    def __init__(
        self,
        url: str,
        bounds: Bounds,
        *,
        sizes: tuple[int, int],
        settings: dict[str, str],
        prepare: Callable[[asyncpg.Connection], Awaitable[None]],
    ) -> None:
        """Nothing is connected yet: awaiting it opens `sizes[0]` connections of at most `sizes[1]`.

        `settings` go into each start message, `prepare` is done once to each connection.
        """
        self.url, self.bounds = url, bounds
        self.waited: Callable[[float], None] = nobody_asks
        """Told of each loan how many seconds it was waited for, in vain or not."""
        self.beside: tuple[BoundedPool, ...] = (self,)
        """Pools on the same server, itself among them: what befell one befell all."""
        super().__init__(
            url,
            min_size=sizes[0],
            max_size=sizes[1],
            max_queries=_MOST_QUERIES,
            max_inactive_connection_lifetime=300.0,
            connect=connect_within,
            init=prepare,
            reset=_leave_as_it_is,
            loop=None,
            connection_class=BoundedConnection,
            record_class=asyncpg.Record,
            max_cached_statement_lifetime=KEPT_PLANS,
            timeout=bounds.connecting,
            command_timeout=bounds.silence,
            server_settings=settings,
        )

    def acquire(self, *, timeout: float | None = None) -> Loan:
        """A loan, waited for as long as the bounds say."""
        return Loan(self, self.bounds.lending if timeout is None else timeout)

    async def _acquire(
        self,
        timeout: float | None,  # noqa: ASYNC109  (asyncpg's own)
    ) -> PoolConnectionProxy[asyncpg.Record]:
        """As asyncpg's; one that is there and whole is lent at once, without an alarm."""
        if not self._queue.empty() and not self._closing:
            holder = self._queue.get_nowait()
            if holder.is_connected() and holder._generation == self._generation:
                proxy: PoolConnectionProxy[asyncpg.Record] = await holder.acquire()
                holder._timeout = timeout
                return proxy
            self._queue.put_nowait(holder)
        return await super()._acquire(timeout)

    async def release(
        self,
        connection: PoolConnectionProxy[asyncpg.Record],
        *,
        timeout: float | None = None,  # noqa: ASYNC109  (asyncpg's own)
    ) -> None:
        """As asyncpg's; one with nothing to tidy up is back at once, without a task of its own."""
        holder, held = connection._holder, connection._con
        if held is None or not _is_tidy(held) or holder._generation != self._generation:
            await super().release(connection, timeout=timeout)
            return
        held._on_release()
        holder._release()
        holder._setup_inactive_callback()

    async def doubt_all(self) -> None:
        """Make every connection anew before it is lent again; elsewhere, where that can be."""
        for pool in self.beside:
            doubt(pool.url)
            await pool.expire_connections()


async def connect_within(url: str, **options: Any) -> asyncpg.Connection:
    """Connect as asyncpg does, to the first host that will do. Raises DatabaseUnreachableError."""
    try:
        async with asyncio.timeout(options.get("timeout")):
            return await connect_first(url, lambda host: asyncpg.connect(host, **options))
    except CANNOT_CONNECT as error:
        raise unreachable(error) from error
