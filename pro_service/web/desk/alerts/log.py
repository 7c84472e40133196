"""The list of alerts against the site's log: a page a week, and the same as CSV."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from pro_service.domain.study.times import typed_day, zone
from pro_service.services.desk.alert_log import (
    A_WEEK,
    MOST_IN_FILE,
    MOST_LISTED,
    AlertLog,
    read_alert_log,
)
from pro_service.services.desk.seat import Seat, at_desk
from pro_service.store.base.data_out import TakenOut
from pro_service.store.desk.alerts import LoggedAlert, ReportedText
from pro_service.store.desk.desk import DeskSite
from pro_service.web.desk.alerts.steps import (
    held_in_words,
    may_take,
    raised_in_words,
    verdict_in_words,
)
from pro_service.web.desk.guard import for_record_staff
from pro_service.web.desk.pages import DESK, language_of
from pro_service.web.desk.taken import csv_file
from pro_service.web.desk.words import Words
from pro_service.web.keys import CONTEXT, POOLS

_A_DAY: Final = timedelta(days=1)
_COLUMNS: Final = (
    "site",
    "participant",
    "raised_at",
    "rule",
    "severity",
    "seen_at",
    "seen_by",
    "assessed_at",
    "assessed_by",
    "verdict",
    "reference",
    "closed_at",
    "closed_by",
    "unmatched",
    "late",
    "answered_at",
)
"""Of the CSV file; instants are UTC, rules and verdicts are codes. `late`: a correction raised it,
of an answer given at `answered_at` (R13)."""


@for_record_staff
async def show(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/alerts`: a week's alerts and reports, unmatched ones first."""
    log = await _read(request, seat)
    desk = request.app[DESK]
    words = desk.words(language_of(request, seat))
    sites = {one.id: one for one in log.sites}
    alerts = [_row(words, log, one, actor=seat.actor) for one in log.alerts]
    return desk.render(
        "alerts.html",
        request,
        seat,
        frame=log.frame,
        sites=log.sites,
        site=log.site,
        monday=words.day(log.monday),
        week=log.monday.isoformat(),
        sunday=words.day(log.monday + A_WEEK - _A_DAY),
        previous=_address(log, log.monday - A_WEEK),
        following=_address(log, log.monday + A_WEEK),
        file=_address(log, log.monday, "/desk/alerts.csv"),
        alerts=alerts,
        unmatched=log.alerts[0].unmatched_total if log.alerts else 0,
        total=log.alerts[0].total if log.alerts else 0,
        reports_total=log.reports[0].total if log.reports else 0,
        reports=[_report(words, sites[one.site_id], one) for one in log.reports],
    )


@for_record_staff
async def show_file(request: web.Request, seat: Seat) -> web.Response:
    """`GET /desk/alerts.csv`: the alerts of the page, as a table for other programs."""
    log = await _read(request, seat, MOST_IN_FILE)
    sites = {one.id: one.code for one in log.sites}
    week = f"week={log.monday:%Y-%m-%d}"
    narrowed_by = week if log.site is None else f"{week}&site={log.site.code}"
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    writer.writerows(_cells(sites[one.site_id], one) for one in log.alerts)
    body = buffer.getvalue().encode("utf-8-sig")
    taken = TakenOut("alerts", narrowed_by, len(log.alerts))
    return await csv_file(request, seat, f"alerts-{log.monday:%Y-%m-%d}.csv", body, taken)


async def _read(request: web.Request, seat: Seat, most: int = MOST_LISTED) -> AlertLog:
    async with at_desk(request.app[POOLS].desk, seat, one_snapshot=True) as connection:
        return await read_alert_log(
            connection,
            request.app[CONTEXT],
            seat,
            week=_day(request.query.get("week", "")),
            site_code=request.query.get("site") or None,
            most=most,
        )


def _row(words: Words, log: AlertLog, one: LoggedAlert, *, actor: str) -> dict[str, Any]:
    site = next(each for each in log.sites if each.id == one.site_id)
    local = zone(site.zone)
    before = one.acted_at is not None and one.verdict is None
    protocol = log.protocols[one.protocol_version_id]
    waits = one.acted_at is None and one.verdict is None
    if one.verdict is not None:
        verdict = verdict_in_words(words, one.verdict, one.reference)
    else:
        verdict = words.text("alert_log.before" if before else "alert_log.not_assessed")
    return {
        "id": one.id,
        "code": one.code,
        "site": site,
        "place": one.site_id if one.code in log.here else None,
        "may_take": waits
        and may_take(protocol, one.severity, assessed=False, has_it=one.held_by == actor),
        "held": held_in_words(words, one.held_until, one.held_by, local) if waits else None,
        "raised": raised_in_words(words, one.raised_at, one.answered_at, local),
        "rule": words.rule(protocol, one.rule),
        "severity": one.severity,
        "severity_word": words.word("severity", one.severity),
        "seen": None if one.seen_at is None else words.instant(one.seen_at, local),
        "verdict": verdict,
        "assessed": None
        if one.assessed_at is None
        else words.text(
            "alert_log.by", who=words.who(one.assessed_by), at=words.instant(one.assessed_at, local)
        ),
        "closed": None if one.acted_at is None else words.instant(one.acted_at, local),
        "unmatched": one.unmatched,
        "lacks": words.text(
            "alert_log.lacks_assessment" if one.verdict is None else "alert_log.lacks_reference"
        )
        if one.unmatched
        else None,
    }


def _report(words: Words, site: DeskSite, one: ReportedText) -> dict[str, Any]:
    local = zone(site.zone)
    return {
        "codes": one.codes,
        "site": site,
        "at": words.instant(one.received_at, local),
        "read": None
        if one.read_at is None
        else words.text(
            "alert_log.by", who=words.who(one.read_by), at=words.instant(one.read_at, local)
        ),
    }


def _cells(site: str, one: LoggedAlert) -> list[str]:
    instants = (one.raised_at, one.seen_at, one.assessed_at, one.acted_at)
    raised, seen, assessed, closed = ("" if at is None else at.isoformat() for at in instants)
    return [
        site,
        one.code,
        raised,
        one.rule,
        one.severity,
        seen,
        one.seen_by or "",
        assessed,
        one.assessed_by or "",
        "" if one.verdict is None else one.verdict.value,
        one.reference or "",
        closed,
        one.acted_by or "",
        "yes" if one.unmatched else "no",
        "no" if one.answered_at is None else "yes",
        "" if one.answered_at is None else one.answered_at.isoformat(),
    ]


def _address(log: AlertLog, monday: date, path: str = "/desk/alerts") -> str:
    given = {"week": monday.isoformat()}
    if log.site is not None:
        given["site"] = log.site.code
    return f"{path}?{urlencode(given)}"


def _day(text: str) -> date | None:
    try:
        return typed_day(text)
    except ValueError:
        return None
