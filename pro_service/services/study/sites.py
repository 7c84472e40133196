"""Sites, each with the address its texts come from."""

from __future__ import annotations

from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.store.connection import Connection, DuplicateError, transaction
from pro_service.store.study import studies
from pro_service.store.study.studies import SiteRow
from pro_service.tables import settle_zone


class TakenError(ProServiceError):
    """This name is in use."""


class UnknownNameError(ProServiceError):
    """There is nothing of this name."""


async def add_site(
    connection: Connection,
    study_id: UUID,
    site: SiteRow,
    *,
    provider: str,
    address: str | None,
    actor: str,
) -> None:
    """Add a site, and the address its texts come from (`sender_address` has read it).

    Raises TakenError, and ZoneNameError for a zone that is no place's.
    """
    site = site._replace(zone=settle_zone(site.zone, site.country))
    async with transaction(connection) as connection:
        try:
            await studies.insert_site(connection, study_id, site, actor)
        except DuplicateError:
            raise TakenError(f"Site {site.code} exists already.") from None
        if address is not None:
            await studies.insert_sender(
                connection,
                study_id,
                provider=provider,
                address=address,
                site_id=site.id,
                actor=actor,
            )
