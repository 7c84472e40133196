"""One statement about many participants, read as its rows are needed.

A row of such a statement begins with `participant_id`, and rows come in the order in which the
participants were named: several streams of one snapshot are merged participant by participant, with
as much in memory as one of them has.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, Generic, Protocol, Self, TypeVar
from uuid import UUID

import asyncpg

from pro_service.store.rows import rows_of

AT_ONCE: Final = 500
"""Rows fetched in one trip."""


class OfParticipant(Protocol):
    """A row about a participant."""

    @property
    def participant_id(self) -> UUID:
        """Whose it is."""


T = TypeVar("T", bound=OfParticipant)


class Stream(Generic[T]):
    """The rows of one statement, taken participant by participant in the statement's order."""

    def __init__(
        self,
        cursor: asyncpg.cursor.Cursor[asyncpg.Record],
        read: Callable[[Sequence[asyncpg.Record]], list[T]],
    ) -> None:
        """Over a cursor that nobody else fetches from."""
        self._cursor, self._read = cursor, read
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
            for row in self._held[self._taken :]:
                if row.participant_id != participant_id:
                    return found
                found.append(row)
                self._taken += 1
            if self._is_over:
                return found
            self._held = self._read(await self._cursor.fetch(AT_ONCE))
            self._taken = 0
            self._is_over = not self._held
