"""Free text leaves only where every version of the protocol lets it (p1 of the data out)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.protocol import Protocol
from pro_service.services.base.context import ServiceContext
from pro_service.services.exports.columns import FREE_TEXT
from pro_service.store.connection import Connection
from pro_service.store.desk.people import list_protocol_versions


class FreeTextError(ProServiceError):
    """Free text may not leave."""


def words_may_leave(
    protocols: Iterable[Protocol], holders: Collection[Collection[str]] | None = None
) -> bool:
    """Whether every version lets free text leave by each of these holders of roles.

    None: by anybody at all, as for a command, which has no roles.
    """
    named = [set(one.study.free_text_visible_to) for one in protocols]
    if holders is None:
        return all(named)
    return all(not roles.isdisjoint(held) for roles in named for held in holders)


async def demand_free_text(
    connection: Connection, context: ServiceContext, study_id: UUID, tables: Collection[str]
) -> None:
    """Refuse it among some tables where a version of the protocol lets it leave by nobody.

    Raises FreeTextError.
    """
    if FREE_TEXT not in tables:
        return
    versions = await list_protocol_versions(connection, study_id)
    every = [await context.reader.protocol(connection, study_id, one) for one in versions]
    if not words_may_leave(every):
        raise FreeTextError(
            "A version of the protocol lets free text leave by nobody.",
            mend="Leave --free-text out; or say in the protocol by whom: "
            "study.free_text_visible_to.",
        )
