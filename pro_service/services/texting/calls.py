"""The calls under way for texts that were claimed, side by side, and how many of each address."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from pro_service.services.base.context import ServiceContext
from pro_service.services.texting.delivery import Held, Sending, hold, send_held
from pro_service.services.texting.marks import Marks
from pro_service.services.texting.reminders import Claimed
from pro_service.store.connection import Connection

log = logging.getLogger("pro_service.work")


class Calls:
    """Begins a call for each claimed text and keeps count; nothing is cancelled on the way."""

    def __init__(self, connection: Connection, context: ServiceContext) -> None:
        """Nothing is under way."""
        self._connection = connection
        self._context = context
        self._tasks: set[asyncio.Task[None]] = set()
        self._one_ended = asyncio.Event()
        self.under_way: Counter[UUID] = Counter()
        """Texts claimed and not yet handed over, by our address."""

    async def begin(self, claimed: Sequence[Claimed]) -> None:
        """Begin to send the texts of a wave, which is of one study."""
        if not claimed:
            return
        by = Sending(self._connection, self._context, Marks(self._connection))
        senders = {one.message_id: one.sender_id for one in claimed}
        for held in await hold(self._connection, claimed):
            sender_id = senders[held.row.id]
            task = asyncio.create_task(self._send(by, held, sender_id))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            self.under_way.update([sender_id] if sender_id is not None else [])

    async def one_ended(self) -> None:
        """Wait until a text that is under way now is no longer; at once if none is."""
        self._one_ended.clear()
        if self._tasks:
            await self._one_ended.wait()

    async def ended(self) -> None:
        """Wait until none is under way."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _send(self, by: Sending, held: Held, sender_id: UUID | None) -> None:
        """Send one text; what goes wrong with it is said, and holds no other up."""
        try:
            await send_held(by, held)
        except Exception as error:
            # It stays claimed: once its lease has run out it is looked up, and never sent again.
            log.warning("row_failed", extra={"error": type(error).__name__})
        finally:
            self.under_way.subtract([sender_id] if sender_id is not None else [])
            self._one_ended.set()
