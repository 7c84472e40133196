"""Free text leaves only where every version of the protocol lets it (p1 of the data out)."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.services.base.context import ServiceContext
from pro_service.services.exports.columns import FREE_TEXT
from pro_service.store.connection import Connection
from pro_service.store.desk.people import list_protocol_versions


class FreeTextError(ProServiceError):
    """Free text may not leave."""


async def demand_free_text(
    connection: Connection, context: ServiceContext, study_id: UUID, tables: Collection[str]
) -> None:
    """Refuse it among some tables where a version of the protocol lets it leave by nobody.

    By whom of those who ask at the desk, their roles say; a command has none. Raises FreeTextError.
    """
    if FREE_TEXT not in tables:
        return
    for version in await list_protocol_versions(connection, study_id):
        protocol = await context.reader.protocol(connection, study_id, version)
        if not protocol.study.free_text_visible_to:
            raise FreeTextError(
                "A version of the protocol lets free text leave by nobody.",
                mend="Leave --free-text out; or say in the protocol by whom: "
                "study.free_text_visible_to.",
            )
