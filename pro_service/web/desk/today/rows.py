"""What Today lists, as its template needs it; nothing is decided here."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pro_service.domain.conversation.staff_replies import KIND
from pro_service.domain.delivery.states import MessageState
from pro_service.domain.study.calls import ABOUT_ALERTS
from pro_service.domain.study.follow_up.call_keys import CORRECTION_ASKED
from pro_service.domain.study.times import zone
from pro_service.services.base.notes import noted_in
from pro_service.services.desk.entering import EntryRights
from pro_service.services.desk.today import MOST_OF_A_LIST, ReadText, ToDo, count_to_do
from pro_service.store.desk.desk import DeskSite
from pro_service.web.desk.alerts.steps import may_take, raised_in_words, steps_of_listed, told_of
from pro_service.web.desk.entering.addresses import entry_of
from pro_service.web.desk.today.begun import begun_rows
from pro_service.web.desk.today.joining import not_joined_rows
from pro_service.web.desk.today.papers import paper_rows
from pro_service.web.desk.today.said import tried, until
from pro_service.web.desk.words import Words


def today_values(
    words: Words,
    sites: Sequence[DeskSite],
    to_do: ToDo,
    gaps: Sequence[dict[str, Any]],
    *,
    rights: EntryRights,
) -> dict[str, Any]:
    """The lists `today.html` shows, and in which order; what is empty is in none.

    `gaps` are the rows about hours in which nobody is on duty; `rights` are of whoever reads it.
    """
    by_id = {site.id: site for site in sites}
    alerts = _alerts(words, by_id, to_do, actor=rights.seat.actor)
    calls = _calls(words, by_id, to_do, rights)
    under = put_under_alerts(alerts, calls)
    begun = to_do.begun
    lists = {
        "alerts": alerts,
        "calls": [one for one in calls if one not in under],
        "texts": texts_values(words, by_id, to_do.texts, to_do.here, actor=rights.seat.actor),
        "unreached": _unreached(words, by_id, to_do),
        "not_joined": not_joined_rows(words, by_id, to_do.not_joined),
        "deaths": _deaths(words, by_id, to_do),
        "unsent": begun_rows(words, by_id, to_do, begun.unsent[:MOST_OF_A_LIST], rights),
        "to_complete": begun_rows(words, by_id, to_do, begun.to_complete[:MOST_OF_A_LIST], rights),
        "second": paper_rows(words, by_id, to_do, "to_type"),
        "differences": paper_rows(words, by_id, to_do, "to_settle"),
        "uncertain": _uncertain(words, by_id, to_do),
        "held": _held(words, by_id, to_do),
        "gaps": gaps,
    }
    totals = count_to_do(to_do) | {"gaps": len(gaps)}
    # A text that names a sign of harm comes before calls (R8).
    warns = any(one["urgent"] for one in lists["texts"])
    first = ("texts", "calls") if warns else ("calls", "texts")
    rest = ("unsent", "to_complete", "differences", "second", "gaps", "uncertain", "held")
    order = ("alerts", *first, "deaths", "unreached", "not_joined", *rest)
    more = {"unreached"} if to_do.unreached_more else set()
    return {
        "sites": sites,
        "lists": lists,
        "order": [name for name in order if lists[name]],
        "totals": {name: f"{count}+" if name in more else count for name, count in totals.items()},
        "short": more | {name for name, rows in lists.items() if totals[name] > len(rows)},
    }


def put_under_alerts(
    alerts: Sequence[dict[str, Any]], calls: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Put the calls that an alert asks for in its row; return those that have found theirs."""
    first = {one["code"]: one for one in reversed(alerts)}
    under = [one for one in calls if one["about_alert"] and one["code"] in first]
    for one in under:
        first[one["code"]]["calls"].append(one)
    return under


def held_words(words: Words, sites: Sequence[DeskSite], since: datetime | None) -> str | None:
    """That nothing is sent since a restore, and why; None where texts go."""
    if since is None or not sites:
        return None
    return words.text("now.sending_held", since=words.instant(since, zone(sites[0].zone)))


def _calls(
    words: Words, sites: Mapping[UUID, DeskSite], to_do: ToDo, rights: EntryRights
) -> list[dict[str, Any]]:
    rows = []
    for call in to_do.calls:
        site = sites[call.site_id]
        place = call.site_id if call.code in to_do.here else None
        local = zone(site.zone)
        protocol = to_do.protocols[call.protocol_version_id]
        rows.append(
            {
                "id": call.id,
                "code": call.code,
                "place": place,
                "site": site,
                "language": words.word("language", call.language),
                "reason": words.word("call", call.reason),
                "visit": ""
                if call.definition is None
                else words.visit(protocol, call.definition, call.occurrence),
                "owed": [words.asked(one["instrument"], one["target"]) for one in call.owed],
                "entry": entry_of(call.code, visit=call.visit_id)
                if call.owed and rights.enters(place, protocol)
                else None,
                "closes": until(words, call.closes_at, call.zone, site),
                "since": words.instant(call.created_at, local),
                "tried": tried(words, to_do.tried.get(call.visit_id), local)
                if call.visit_id
                else None,
                "about_alert": call.reason in ABOUT_ALERTS,
                "corrects": call.reason == CORRECTION_ASKED,
            }
        )
    return rows


def _alerts(
    words: Words, sites: Mapping[UUID, DeskSite], to_do: ToDo, *, actor: str
) -> list[dict[str, Any]]:
    rows = []
    for alert in to_do.alerts:
        site = sites[alert.site_id]
        local = zone(site.zone)
        protocol = to_do.protocols[alert.protocol_version_id]
        rows.append(
            {
                "id": alert.id,
                "code": alert.code,
                "place": alert.site_id if alert.code in to_do.here else None,
                "site": site,
                "calls": [],
                "rule": words.rule(protocol, alert.rule),
                "instruction": words.instruction(protocol, alert.rule),
                "severity": alert.severity,
                "severity_word": words.word("severity", alert.severity),
                "raised": raised_in_words(words, alert.raised_at, alert.answered_at, local),
                "asked": words.said_in_text(alert.uncertain_who)
                if alert.by_text
                else ""
                if alert.instrument is None
                else words.asked(alert.instrument, alert.target or "person"),
                "visit": ""
                if alert.definition is None
                else words.visit(protocol, alert.definition, alert.occurrence),
                "seen": None
                if alert.seen_at is None
                else words.text(
                    "alert.seen_by",
                    who=words.who(alert.seen_by),
                    at=words.instant(alert.seen_at, local),
                ),
                "steps": steps_of_listed(words, alert, local),
                "may_take": may_take(
                    protocol,
                    alert.severity,
                    assessed=alert.stands is not None,
                    has_it=alert.held_by == actor,
                ),
                "who_has_it": told_of(words, alert, local),
            }
        )
    return rows


def texts_values(
    words: Words,
    sites: Mapping[UUID, DeskSite],
    texts: Sequence[ReadText],
    here: Collection[str],
    *,
    actor: str,
) -> list[dict[str, Any]]:
    """Texts to read, in words; `here` are the codes of who is now at a site of the reader's
    (`actor`, as the record names them)."""
    return [
        {
            "id": row.id,
            "codes": row.codes,
            # A text from nobody known belongs to the site whose address it came to.
            "place": row.site_id if not row.codes or not set(row.codes).isdisjoint(here) else None,
            "site": sites[row.site_id],
            "body": body,
            "media": row.media_count,
            "urgent": row.urgent,
            "comes_back": _comes_back(words, row.comes_back_to, actor),
            "at": words.instant(row.received_at, zone(sites[row.site_id].zone)),
        }
        for row, body in texts
    ]


def _comes_back(words: Words, wrote: str | None, actor: str) -> str | None:
    """To whom a text comes back, where staff had written last."""
    if wrote is None:
        return None
    return (
        words.text("text.to_you") if wrote == actor else words.text("text.to", who=words.who(wrote))
    )


def _held(words: Words, sites: Mapping[UUID, DeskSite], to_do: ToDo) -> list[dict[str, Any]]:
    return [
        {
            "code": one.code,
            "site": sites[one.site_id],
            "since": words.instant(one.started_at, zone(sites[one.site_id].zone)),
            "reason": words.word("opt_out", one.reason)
            if noted_in(one.reason) is None
            else words.noted(said),
            "who": words.who(one.actor),
        }
        for one, said in to_do.held
    ]


def _unreached(words: Words, sites: Mapping[UUID, DeskSite], to_do: ToDo) -> list[dict[str, Any]]:
    return [
        {
            "code": one.code,
            "place": one.site_id,
            "site": sites[one.site_id],
            "why": words.word("unreached", one.why),
            "since": words.instant(one.since, zone(sites[one.site_id].zone)),
        }
        for one in to_do.unreached[:MOST_OF_A_LIST]
    ]


def _deaths(words: Words, sites: Mapping[UUID, DeskSite], to_do: ToDo) -> list[dict[str, Any]]:
    return [
        {
            "code": one.code,
            "place": one.site_id,
            "site": sites[one.site_id],
            "since": words.instant(one.reported_at, zone(sites[one.site_id].zone)),
        }
        for one in to_do.deaths
    ]


def _uncertain(words: Words, sites: Mapping[UUID, DeskSite], to_do: ToDo) -> list[dict[str, Any]]:
    return [
        {
            "id": one.id,
            "code": one.code,
            "place": one.site_id if one.code in to_do.here else None,
            "site": sites[one.site_id],
            "may_end": one.state == MessageState.unconfirmed,
            "template": words.text("entry.staff_reply")
            if one.template.startswith(f"{KIND}.")
            else words.word("template", one.template),
            "state": words.word("message", one.state),
            "at": words.instant(one.at, zone(sites[one.site_id].zone)),
        }
        for one in to_do.uncertain
    ]
