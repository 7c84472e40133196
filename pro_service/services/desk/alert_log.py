"""A week's alerts and reports beside the site's log of adverse events, unmatched first (R9)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.times import day_start, local_day, zone
from pro_service.services.base.context import ServiceContext
from pro_service.services.desk.seat import Seat
from pro_service.services.desk.today import read_frame
from pro_service.store.connection import Connection
from pro_service.store.desk import alerts as store
from pro_service.store.desk.alerts import LoggedAlert, LogSpan, ReportedText
from pro_service.store.desk.clerk import list_present_codes
from pro_service.store.desk.desk import DeskSite, list_desk_sites
from pro_service.store.desk.frame import Frame

A_WEEK: Final = timedelta(days=7)
MOST_LISTED: Final = 100
"""Rows of one list of the page; a site that has more narrows it by site, or takes the file."""
MOST_IN_FILE: Final = 20_000


class AlertLog(NamedTuple):
    """The list of one week."""

    alerts: Sequence[LoggedAlert]
    reports: Sequence[ReportedText]
    """Texts that name a sign of harm and raised no alert."""
    here: Collection[str]
    """Whose participants listed are now at a site of the reader's: a former site acts no more."""
    protocols: Mapping[UUID, Protocol]
    sites: Sequence[DeskSite]
    site: DeskSite | None
    """The one it is narrowed to."""
    monday: date
    frame: Frame


async def read_alert_log(
    connection: Connection,
    context: ServiceContext,
    seat: Seat,
    *,
    week: date | None,
    site_code: str | None,
    most: int = MOST_LISTED,
) -> AlertLog:
    """The week of a day (None: the present one) in the zone of the first site listed.

    Unmatched alerts of earlier weeks are listed, too: they stay until they are matched. Within
    `at_desk`, so that row-level security decides what is listed.
    """
    frame = await read_frame(connection, seat.study_id)
    sites = await list_desk_sites(connection, seat.study_id)
    site = next((one for one in sites if one.code == site_code), None)
    shown = site or (sites[0] if sites else None)
    local = zone("UTC" if shown is None else shown.zone)
    day = local_day(frame.now, local) if week is None else week
    monday = day - timedelta(days=day.weekday())
    since, until = day_start(monday, local), day_start(monday + A_WEEK, local)
    site_id = None if site is None else site.id
    span = LogSpan(site_id, since, until, earlier_too=True)
    alerts = await store.list_alerts_against_log(connection, seat.study_id, span, most)
    reports = await store.list_reports_without_alert(connection, seat.study_id, span, most)
    here = await list_present_codes(connection, seat.study_id, {one.code for one in alerts})
    protocols = {
        one: await context.reader.protocol(connection, seat.study_id, one)
        for one in {alert.protocol_version_id for alert in alerts}
    }
    return AlertLog(alerts, reports, here, protocols, sites, site, monday, frame)
