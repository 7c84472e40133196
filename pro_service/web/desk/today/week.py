"""The week that comes, and what changed since one was last here: beside Today, and on pages of
their own, to which every count leads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from aiohttp import web

from pro_service.domain.study.permissions import Action
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.times import local_day, zone
from pro_service.services.desk import today as service
from pro_service.services.desk.seat import Seat, at_desk
from pro_service.services.desk.today import (
    Owing,
    Since,
    Week,
    read_frame,
    read_owing,
    read_protocols,
    read_since,
    read_week,
)
from pro_service.store.desk.desk import DeskSite
from pro_service.store.desk.today import ChangeRow, WeekRow
from pro_service.web.desk.consenting.said import owed_in_words
from pro_service.web.desk.guard import for_record_staff
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.desk.person.sheets import new_form_key
from pro_service.web.desk.today.said import clock, until, where
from pro_service.web.desk.words import Words
from pro_service.web.keys import CONTEXT, POOLS

WEEK_KINDS: Final = ("clinic", "closes", "opens")
OWING: Final = "consents"
"""The list of who owes a signature on a newer version of the consent form."""
_IN_CLINIC: Final = ("clinic", "planned")
"""Kinds of rows that are one list: who comes, for a visit or for what is planned without one."""
CHANGE_KINDS: Final = ("answered", "unanswered", "numbers", "stopped")
MOST_OF_A_PAGE: Final = 200
"""Rows of each list of the two pages."""
MOST_BESIDE: Final = 12
"""Visits in the clinic named beside the list of work."""


@for_record_staff
async def show_week(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/week`: who comes to the clinic, and whose visits close and open."""
    context, study_id = request.app[CONTEXT], seat.study_id
    async with at_desk(request.app[POOLS].desk, seat) as connection:
        frame = await read_frame(connection, study_id)
        sites = await service.list_sites(connection, study_id)
        week = await read_week(connection, context, study_id, frame.now, MOST_OF_A_PAGE)
        owing = await read_owing(
            connection, study_id, frame.now, week.protocols, sites, MOST_OF_A_PAGE
        )
    desk = request.app[DESK]
    words = desk.words(language_of(request, seat))
    lists = week_lists(words, sites, week)
    values: dict[str, Any] = {**clock(words, sites, frame.now), "since": None}
    values["key"] = new_form_key()
    shown = [(kind, lists[kind], week_total(week, kind)) for kind in WEEK_KINDS if lists[kind]]
    if owing.total:
        shown.append((OWING, owing_rows(words, sites, owing, frame.now), owing.total))
    values["days"] = _clinic_days(words, seat, week)
    return desk.render("week.html", request, seat, frame=frame, shown=shown, of="week", **values)


def _clinic_days(words: Words, seat: Seat, week: Week) -> list[dict[str, str]]:
    """The days on which somebody comes to the clinic for whom this seat enters answers."""
    days = {
        one.target_on
        for one in week.rows
        if one.kind in _IN_CLINIC and seat.may(Action.enter_answers, one.site_id)
    }
    return [{"day": one.isoformat(), "said": words.day(one)} for one in sorted(days)]


@for_record_staff
async def show_since(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/since`: what changed since the end of the session before this one."""
    context, study_id = request.app[CONTEXT], seat.study_id
    async with at_desk(request.app[POOLS].desk, seat) as connection:
        frame = await read_frame(connection, study_id)
        sites = await service.list_sites(connection, study_id)
        since = await read_since(connection, seat, MOST_OF_A_PAGE)
        protocols = await read_protocols(connection, context, study_id)
    desk = request.app[DESK]
    words = desk.words(language_of(request, seat))
    rows = [_change(words, sites, protocols, one) for one in since.rows]
    shown = [
        (kind, [one for one in rows if one["kind"] == kind], since.totals[kind])
        for kind in CHANGE_KINDS
        if since.totals[kind]
    ]
    values: dict[str, Any] = clock(words, sites, frame.now)
    values |= {"since": since_at(words, sites, since), "days": []}
    return desk.render("week.html", request, seat, frame=frame, shown=shown, of="since", **values)


def beside_values(
    words: Words, sites: Sequence[DeskSite], week: Week, since: Since, owing: Owing
) -> dict[str, Any]:
    """What stands beside the list of work: the clinic, the week in numbers, and what changed."""
    return {
        "clinic": week_lists(words, sites, week)["clinic"][:MOST_BESIDE],
        "clinic_total": week_total(week, "clinic"),
        "week": {kind: week.totals[kind] for kind in ("closes", "opens") if kind in week.totals}
        | ({OWING: owing.total} if owing.total else {}),
        "since": since_at(words, sites, since),
        "changes": {kind: since.totals[kind] for kind in CHANGE_KINDS if since.totals[kind]},
    }


def since_at(words: Words, sites: Sequence[DeskSite], since: Since) -> str | None:
    """When one was last here, in the zone of the first site."""
    if since.at is None or not sites:
        return None
    return words.instant(since.at, zone(sites[0].zone))


def week_lists(
    words: Words, sites: Sequence[DeskSite], week: Week
) -> dict[str, list[dict[str, Any]]]:
    """The rows of each kind."""
    by_id = {site.id: site for site in sites}
    lists: dict[str, list[dict[str, Any]]] = {kind: [] for kind in WEEK_KINDS}
    # What is planned stands among the visits, day by day.
    in_clinic = [one for one in week.rows if one.kind in _IN_CLINIC]
    rest = [one for one in week.rows if one.kind not in _IN_CLINIC]
    for one in (*sorted(in_clinic, key=lambda row: (row.target_on, row.code)), *rest):
        site, planned = by_id[one.site_id], one.kind == "planned"
        lists["clinic" if planned else one.kind].append(
            {
                "kind": one.kind,
                "code": one.code,
                "place": one.site_id,
                "site": where(sites, site),
                "visit": _planned(words, one) if planned else _visit(words, week, one),
                "anchor": "" if planned else f"#{one.definition}-{one.occurrence}",
                "when": _when(words, site, one),
                "day": one.target_on,
                "owes": one.kind in _IN_CLINIC and one.owes,
            }
        )
    return lists


def owing_rows(
    words: Words, sites: Sequence[DeskSite], owing: Owing, now: datetime
) -> list[dict[str, Any]]:
    """Who owes a signature, on which version, by when."""
    by_id = {site.id: site for site in sites}
    return [
        {
            "code": one.code,
            "place": one.site_id,
            "site": where(sites, by_id[one.site_id]),
            "visit": words.text("consent.signed", version=one.version),
            "anchor": "#consent",
            "when": owed_in_words(words, owed, local_day(now, zone(by_id[one.site_id].zone))),
            "owes": False,
        }
        for one, owed in owing.rows
    ]


def week_total(week: Week, kind: str) -> int:
    """How many there are of a list; of the clinic's with what is planned without a visit."""
    kinds = _IN_CLINIC if kind == "clinic" else (kind,)
    return sum(week.totals.get(one, 0) for one in kinds)


def _visit(words: Words, week: Week, one: WeekRow) -> str:
    return words.visit(week.protocols[one.protocol_version_id], one.definition, one.occurrence)


def _planned(words: Words, one: WeekRow) -> str:
    """What is planned: an injection is no visit until it has happened."""
    event = words.word("event", one.definition)
    if one.occurrence > 1:
        event = f"{event} {one.occurrence}"
    return words.text("week.planned", event=event)


def _when(words: Words, site: DeskSite, one: WeekRow) -> str:
    if one.kind in _IN_CLINIC:
        return words.day(one.target_on)
    if one.kind == "closes":
        return until(words, one.closes_at, one.zone, site)
    return words.text("opens_at", at=words.instant(one.opens_at, zone(site.zone)))


def _change(
    words: Words, sites: Sequence[DeskSite], protocols: Mapping[UUID, Protocol], one: ChangeRow
) -> dict[str, Any]:
    site = next(each for each in sites if each.id == one.site_id)
    named = one.definition is not None and one.occurrence is not None
    protocol = protocols[one.protocol_version_id]
    return {
        "kind": one.kind,
        "code": one.code,
        "site": where(sites, site),
        "visit": words.visit(protocol, one.definition or "", one.occurrence) if named else "",
        "anchor": f"#{one.definition}-{one.occurrence}" if named else "",
        "when": words.instant(one.at, zone(site.zone)),
        "owes": False,
    }
