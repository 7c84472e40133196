"""What stands around every page of the desk: the database's mark, the sites, what waits where.

Read in the desk's transaction (`at_desk`), so that it counts what is seen from the seat.
"""

from __future__ import annotations

from uuid import UUID

from pro_service.store.connection import Connection
from pro_service.store.desk import frame as store
from pro_service.store.desk.frame import Frame


async def read_frame(connection: Connection, study_id: UUID) -> Frame:
    """The frame of a page, in one statement."""
    return await store.get_frame(connection, study_id)
