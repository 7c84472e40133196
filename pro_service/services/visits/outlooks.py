"""What the desk's list keeps of visits is made anew by the worker, after whatever is written.

Nothing waits for it: what is not kept as it is now is derived where it is asked for
(0100_participants_found.sql). So it may be late, and may be lost, and is never wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from pro_service.services.base.context import ServiceContext
from pro_service.store.connection import Connection
from pro_service.store.visits import outlooks as store


async def refresh_outlooks(
    connection: Connection, context: ServiceContext, study_id: UUID, participants: Sequence[UUID]
) -> int:
    """Make anew what is kept of these participants, where it is not as they are now."""
    items = {code: len(one.items) for code, one in context.catalogue.instruments.items()}
    return await store.refresh_outlooks(connection, study_id, participants, items)
