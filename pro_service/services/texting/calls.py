"""The calls under way for texts that were claimed, side by side, and how many of each address."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from pro_service.services.base.context import ServiceContext
from pro_service.services.texting.delivery import Sending, send_claimed, send_held
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

    def begin(self, claimed: Sequence[Claimed]) -> None:
        """Begin to send the texts of a wave, which is of one study."""
        by = Sending(self._connection, self._context, Marks(self._connection))
        for one in claimed:
            task = asyncio.create_task(self._send(by, one))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            self.under_way.update([one.sender_id] if one.sender_id is not None else [])

    async def one_ended(self) -> None:
        """Wait until a text that is under way now is no longer; at once if none is."""
        self._one_ended.clear()
        if self._tasks:
            await self._one_ended.wait()

    async def ended(self) -> None:
        """Wait until none is under way."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _send(self, by: Sending, one: Claimed) -> None:
        """Send one text; what goes wrong with it is said, and holds no other up."""
        try:
            if one.held is None:
                await send_claimed(by.connection, by.context, one)
            else:
                await send_held(by, one.held)
        except Exception as error:
            # It stays claimed: once its lease has run out it is looked up, and never sent again.
            log.warning("row_failed", extra={"error": type(error).__name__})
        finally:
            self.under_way.subtract([one.sender_id] if one.sender_id is not None else [])
            self._one_ended.set()
