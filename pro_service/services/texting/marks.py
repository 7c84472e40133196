"""Where texts stand after their calls, written down: what comes together, in one statement."""

from __future__ import annotations

import asyncio
from uuid import UUID

import asyncpg

from pro_service.domain.delivery.states import MessageState
from pro_service.store.connection import Connection
from pro_service.store.texting import messages
from pro_service.store.texting.messages import Mark


class Marks:
    """Marks of one study's texts that are being sent.

    A mark is written at once where none is being written; else it waits for that one, and goes
    with all that came meanwhile. Until it is written the text is in state `sending`: a process
    that dies before leaves it to be looked up, never to be sent again.
    """

    def __init__(self, connection: Connection) -> None:
        """Nothing waits yet."""
        self._connection = connection
        self._waiting: dict[UUID, Mark] = {}
        self._refused: set[UUID] = set()
        self._moved: set[UUID] = set()
        self._writing = asyncio.Lock()

    async def mark(self, study_id: UUID, message_id: UUID, mark: Mark) -> bool:
        """Move a text on from `sending`; False if somebody else (a receipt) moved it first."""
        self._waiting[message_id] = mark
        async with self._writing:
            if message_id in self._waiting:
                await self._write(study_id, message_id, mark)
        return message_id in self._moved

    async def _write(self, study_id: UUID, message_id: UUID, mark: Mark) -> None:
        """Write this mark and all that wait; if that is refused, each of them for itself."""
        if message_id not in self._refused:
            taken = {one: each for one, each in self._waiting.items() if one not in self._refused}
            try:
                self._moved |= await messages.mark_messages(
                    self._connection, study_id, MessageState.sending, taken
                )
            except (asyncpg.PostgresError, OSError):
                self._refused |= taken.keys()
            else:
                self._waiting = {
                    one: each for one, each in self._waiting.items() if one not in taken
                }
                return
        del self._waiting[message_id]
        if await messages.mark_message(
            self._connection, study_id, message_id, MessageState.sending, mark
        ):
            self._moved.add(message_id)
