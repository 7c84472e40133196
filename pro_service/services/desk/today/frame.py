"""What stands around every page of the desk: the database's mark, the sites, what waits where.

Read in the desk's transaction (`at_desk`), so that it counts what is seen from the seat.
"""

from __future__ import annotations

from uuid import UUID

from pro_service.store.connection import Connection
from pro_service.store.desk import frame as store
from pro_service.store.desk.frame import Frame, OperatorTask
from pro_service.store.receiving.pushes import MOST_TRIES


async def read_frame(connection: Connection, study_id: UUID) -> Frame:
    """The frame of a page, in one statement."""
    return await store.get_frame(connection, study_id, MOST_TRIES)


async def list_operator_tasks(connection: Connection, study_id: UUID) -> list[OperatorTask]:
    """What only the operator can mend: registrations that lack, pushes that nobody could read."""
    return await store.list_operator_tasks(connection, study_id, MOST_TRIES)
