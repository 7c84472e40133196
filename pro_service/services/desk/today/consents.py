"""Who owes a signature on a newer version of the consent form (R24), named beside the week."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.study.consenting.versions import Owed, enough_at, owed_by
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.statuses import STOPS_VISITS
from pro_service.domain.study.times import local_day, zone
from pro_service.store.connection import Connection
from pro_service.store.desk import today as store
from pro_service.store.desk.desk import DeskSite
from pro_service.store.desk.today import EnoughConsent, OwingRow


class Owing(NamedTuple):
    """Who owes it, with what and by when; and how many there are."""

    rows: Sequence[tuple[OwingRow, Owed]]
    total: int


NOBODY: Final = Owing((), 0)


async def read_owing(
    connection: Connection,
    study_id: UUID,
    now: datetime,
    protocols: Mapping[UUID, Protocol],
    sites: Sequence[DeskSite],
    most: int,
) -> Owing:
    """Those at these sites who owe it, by code, at most so many; `now` is study time.

    Nothing is read where no version of the protocol asks anybody to sign again.
    """
    days = {site.id: local_day(now, zone(site.zone)) for site in sites}
    codes = {site.id: site.code for site in sites}
    asked = list(_asked(protocols, codes, days))
    if not asked:
        return NOBODY
    rows = await store.list_owing_consent(connection, study_id, asked, STOPS_VISITS, most)
    owing = [
        (one, owed)
        for one in rows
        if (
            owed := owed_by(
                protocols[one.protocol_version_id].coming.consent_version,
                codes[one.site_id],
                one.version,
                days[one.site_id],
                treated=one.treated,
            )
        )
    ]
    return Owing(owing, max((one.total for one in rows), default=0))


def _asked(
    protocols: Mapping[UUID, Protocol], codes: Mapping[UUID, str], days: Mapping[UUID, date]
) -> Iterator[EnoughConsent]:
    for version_id, protocol in protocols.items():
        for site_id, code in codes.items():
            for treated in (False, True):
                versions = protocol.coming.consent_version
                enough = enough_at(versions, code, days[site_id], treated=treated)
                if enough is not None:
                    yield EnoughConsent(version_id, site_id, treated, enough)
