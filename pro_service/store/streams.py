"""One statement about many participants, read as its rows are needed, and a little ahead.

A row of such a statement begins with `participant_id`, and rows come in the order in which the
participants were named: several streams of one snapshot are merged participant by participant, with
as much in memory as a piece or two of each of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final, Generic, Protocol, Self, TypeVar
from uuid import UUID

import asyncpg

from pro_service.store.rows import rows_of

AT_ONCE: Final = 1_000
"""Rows fetched in one trip."""
Rows = list[asyncpg.Record]


class OfParticipant(Protocol):
    """A row about a participant."""

    @property
    def participant_id(self) -> UUID:
        """Whose it is."""


T = TypeVar("T", bound=OfParticipant)


class Ahead:
    """Pieces of several streams of one connection, fetched one at a time before they are needed.

    So the database makes the next while the one in hand is worked on.
    """

    def __init__(self, connection: asyncpg.Connection[asyncpg.Record]) -> None:
        """Nothing is fetched yet."""
        self._connection, self._free = connection, asyncio.Lock()
        self._under_way: set[asyncio.Task[Rows]] = set()
        self._over = False
        self._failed: Exception | None = None
        """What failed first: what follows in its transaction fails, too, and does not say why."""

    def begin(self, cursor: asyncpg.cursor.Cursor[asyncpg.Record]) -> asyncio.Task[Rows]:
        """Fetch the next piece once it is its turn."""
        task = asyncio.create_task(self._fetch(cursor))
        self._under_way.add(task)
        return task

    async def have(self, task: asyncio.Task[Rows]) -> Rows:
        """The piece, as soon as it is there; what failed first where a piece could not be had."""
        self._raise_first()
        self._under_way.discard(task)
        return await task

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
        """The connection for something else, while nothing is fetched."""
        async with self._free:
            self._raise_first()
            yield self._connection

    async def end(self, *, at_once: bool = False) -> None:
        """Wait for what is under way, or stop it, and begin no more."""
        self._over = True
        if at_once:
            for task in self._under_way:
                task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _fetch(self, cursor: asyncpg.cursor.Cursor[asyncpg.Record]) -> Rows:
        async with self._free:
            self._raise_first()
            if self._over:
                return []
            try:
                return await cursor.fetch(AT_ONCE)
            except Exception as error:
                self._failed = error
                raise

    def _raise_first(self) -> None:
        if self._failed is not None:
            raise self._failed


@asynccontextmanager
async def ahead_on(connection: asyncpg.Connection[asyncpg.Record]) -> AsyncIterator[Ahead]:
    """Let streams of the connection be fetched ahead, inside one transaction.

    Afterwards nobody fetches any more, so that the transaction can end.
    """
    ahead = Ahead(connection)
    try:
        yield ahead
    except BaseException:
        await ahead.end(at_once=True)  # Nobody wants what is under way.
        raise
    await ahead.end()


class Stream(Generic[T]):
    """The rows of one statement, taken participant by participant in the statement's order."""

    def __init__(
        self,
        cursor: asyncpg.cursor.Cursor[asyncpg.Record],
        read: Callable[[Sequence[asyncpg.Record]], list[T]],
    ) -> None:
        """Over a cursor that nobody else fetches from."""
        self._cursor, self._read = cursor, read
        self._ahead: Ahead | None = None
        self._next: asyncio.Task[Rows] | None = None
        self._held: list[T] = []
        self._taken = 0
        self._is_over = False

    @classmethod
    async def open(
        cls,
        connection: asyncpg.Connection[asyncpg.Record],
        sql: str,
        kind: Callable[..., T],
        *parameters: Any,
    ) -> Self:
        """Begin a statement inside the connection's transaction."""
        return cls(await connection.cursor(sql, *parameters), partial(rows_of, kind))

    @classmethod
    async def open_with(
        cls,
        connection: asyncpg.Connection[asyncpg.Record],
        sql: str,
        read: Callable[[Sequence[asyncpg.Record]], list[T]],
        *parameters: Any,
    ) -> Self:
        """The same, where columns are not what the rows hold: `read` makes these of those."""
        return cls(await connection.cursor(sql, *parameters), read)

    async def of(self, participant_id: UUID) -> list[T]:
        """All rows of the next participant of the order; none where theirs do not come next."""
        found: list[T] = []
        while True:
            held = self._held
            while self._taken < len(held):
                row = held[self._taken]
                if row.participant_id != participant_id:
                    return found
                found.append(row)
                self._taken += 1
            if self._is_over:
                return found
            self._held, self._taken = self._read(await self._piece()), 0

    def fetch_ahead(self, ahead: Ahead) -> None:
        """Begin to fetch; from now on the next piece is fetched while one is read."""
        self._ahead = ahead
        self._next = ahead.begin(self._cursor)

    async def _piece(self) -> Rows:
        if self._ahead is None or self._next is None:
            raise ValueError("nobody fetches what this stream gives")
        rows = await self._ahead.have(self._next)
        self._is_over = len(rows) < AT_ONCE
        if not self._is_over:
            self._next = self._ahead.begin(self._cursor)
        return rows
