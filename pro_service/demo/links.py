"""The addresses of open questionnaires, for whoever plays a participant."""

from __future__ import annotations

from uuid import UUID

from pro_service.app import Service
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.turns import Who
from pro_service.services.texting.reminders import open_link
from pro_service.store.base import participants
from pro_service.store.connection import Connection


async def hand_out_links(service: Service, study_id: UUID) -> dict[str, str]:
    """The address of an open questionnaire, by code, for everybody who has one.

    Who has not been sent one yet is given it here, as on a card printed at the site.
    """
    connection, links = service.pools.worker, {}
    for row in await participants.list_participants(connection, study_id):
        link = await open_link_of(connection, service.context, study_id, row.id)
        if link is not None:
            links[row.code] = link
    return links


async def open_link_of(
    connection: Connection, context: ServiceContext, study_id: UUID, participant_id: UUID
) -> str | None:
    """The address of what one participant may answer on a page now, or None. Raises BusyError.

    `connection` is the worker's.
    """
    return await open_link(Who(connection, context, study_id, participant_id))
