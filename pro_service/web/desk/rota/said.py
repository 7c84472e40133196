"""A rota in words: days, hours, people, gaps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_service.domain.study.duty import WEEKDAYS, EntryKind, Gap, RotaEntry, Stretch, Watch
from pro_service.domain.study.times import MIDNIGHT, zone
from pro_service.services.desk.seat import Seat
from pro_service.services.study import SiteRota
from pro_service.web.desk.words import Words

MOST_GAPS: Final = 10
"""Gaps named one by one; the number of all of them stands above."""
MOST_ON_TODAY: Final = 3
_RUN: Final = 3
"""So many days in a row are said as from - to."""
EXCEPTIONS: Final = (EntryKind.cover, EntryKind.leave, EntryKind.holiday)


def rota_values(words: Words, seat: Seat, rota: SiteRota) -> dict[str, Any]:
    """One site's rota as its template draws it."""
    gaps = rota.gaps()
    entries = sorted(rota.row.entries, key=lambda one: (sorted(one.weekdays), one.first_on))
    return {
        "id": rota.row.id,
        "code": rota.row.code,
        "name": rota.row.name,
        "zone": rota.row.zone,
        "was_set": rota.row.was_set,
        "now": duty_words(words, seat, rota),
        "gaps": gap_words(words, rota, gaps[:MOST_GAPS]),
        "gap_count": len(gaps),
        "ahead": ahead_rows(words, seat, rota),
        "week": [_row(words, rota, one) for one in entries if one.kind is EntryKind.shift],
        "exceptions": [_row(words, rota, one) for one in entries if one.kind in EXCEPTIONS],
    }


def duty_words(words: Words, seat: Seat, rota: SiteRota) -> str:
    """Who is told now, and until when; empty where nobody is."""
    return words.text("rota.then").join(_told(words, seat, rota, one) for one in rota.on_duty())


def gap_words(words: Words, rota: SiteRota, gaps: Sequence[Gap]) -> list[str]:
    """Times in which nobody is told."""
    local = zone(rota.row.zone)
    return [_gap(words, one, local) for one in gaps]


def ahead_rows(words: Words, seat: Seat, rota: SiteRota) -> list[dict[str, Any]]:
    """The next seven days, each with who is told at which hours; nobody in none."""
    local = zone(rota.row.zone)
    by_day = groupby(rota.week(), key=lambda one: one.begins_at.astimezone(local).date())
    return [
        {
            "day": words.day(day),
            "hours": [
                {
                    "hours": _clock_hours(words, one, local),
                    "who": words.text("rota.then").join(
                        _name(words, seat, rota, each) for each in one.people
                    ),
                }
                for one in _joined(watches)
            ],
        }
        for day, watches in by_day
    ]


def _joined(watches: Iterable[Watch]) -> Iterator[Watch]:
    """Watches of a day, one of those that follow each other with the same people."""
    for _, run in groupby(watches, key=lambda one: one.people):
        same = list(run)
        yield same[0]._replace(ends_at=same[-1].ends_at)


def _clock_hours(words: Words, one: Watch, local: ZoneInfo) -> str:
    """From when until when on its day; a day ends at 24:00."""
    begins, ends = (at.astimezone(local) for at in (one.begins_at, one.ends_at))
    last = f"{ends:%H:%M}" if ends.date() == begins.date() else "24:00"
    if (f"{begins:%H:%M}", last) == ("00:00", "24:00"):
        return words.text("rota.all_day")
    return words.text("rota.hours", begins=f"{begins:%H:%M}", ends=last)


def duty_rows(words: Words, rotas: Sequence[SiteRota]) -> list[dict[str, Any]]:
    """What Today says of rotas: a row for each site with gaps or without a rota.

    Where no site ever had one, a single row says so.
    """
    if not any(one.row.was_set for one in rotas):
        none: dict[str, Any] = {
            "site": None,
            "says": words.text("rota.none_set"),
            "gaps": [],
            "address": "",
        }
        return [none] if rotas else []
    return [_short_row(words, one, gaps) for one in rotas if (gaps := one.gaps())]


def _short_row(words: Words, rota: SiteRota, gaps: Sequence[Gap]) -> dict[str, Any]:
    says, named = words.text("rota.site_never"), gaps[:0]
    if rota.row.was_set:
        says, named = words.text("rota.gap_count", count=len(gaps)), gaps[:MOST_ON_TODAY]
    return {
        "site": rota.row,
        "says": says,
        "gaps": gap_words(words, rota, named),
        "address": f"/{quote(rota.row.code, safe='')}",
    }


def days_words(words: Words, weekdays: frozenset[int]) -> str:
    """Days of the week; three and more in a row as from - to."""
    if len(weekdays) == len(WEEKDAYS):
        return words.text("rota.every_day")
    parts = []
    for _, run in groupby(enumerate(sorted(weekdays)), key=lambda one: one[1] - one[0]):
        named = [words.text(f"weekday.{WEEKDAYS[day]}") for _, day in run]
        if len(named) >= _RUN:
            named = [words.text("rota.days", first=named[0], last=named[-1])]
        parts += named
    return words.text("rota.and").join(parts)


def hours_words(words: Words, one: RotaEntry) -> str:
    """From when until when, and that it is on the next day where it is; nothing without hours."""
    begins, ends = one.begins, one.ends
    if begins is None or ends is None:
        return ""
    if begins == ends == MIDNIGHT:
        return words.text("rota.all_day")
    key = "rota.hours" if ends > begins else "rota.hours_over"
    return words.text(key, begins=f"{begins:%H:%M}", ends=f"{ends:%H:%M}")


def _gap(words: Words, gap: Gap, local: ZoneInfo) -> str:
    begins, ends = (at.astimezone(local) for at in gap)
    if begins.date() != ends.date():
        first, last = words.instant(begins, local), words.instant(ends, local)
        return words.text("rota.gap", begins=first, ends=last)
    hours = words.text("rota.hours", begins=f"{begins:%H:%M}", ends=f"{ends:%H:%M}")
    return f"{words.day(begins.date())} {hours}"


def _told(words: Words, seat: Seat, rota: SiteRota, one: Stretch) -> str:
    who = _name(words, seat, rota, one.person)
    at = words.instant(one.ends_at, zone(rota.row.zone))
    return words.text("rota.told_until", who=who, at=at)


def _name(words: Words, seat: Seat, rota: SiteRota, person: UUID) -> str:
    mine = person == seat.staff.staff_id
    return words.text("rota.you") if mine else rota.name(person)


def _row(words: Words, rota: SiteRota, one: RotaEntry) -> dict[str, Any]:
    return {
        "id": one.id,
        "kind": words.text(f"rota.kind.{one.kind}"),
        "days": days_words(words, one.weekdays) if one.weekdays else _dates(words, one),
        "dates": _from_to(words, rota, one) if one.weekdays else "",
        "hours": hours_words(words, one),
        "person": _named(words, rota, one.person),
        "deputy": _named(words, rota, one.deputy),
    }


def _named(words: Words, rota: SiteRota, person: UUID | None) -> dict[str, Any] | None:
    if person is None:
        return None
    return {"login": rota.name(person), "gone": person not in rota.staff}


def _dates(words: Words, one: RotaEntry) -> str:
    last = one.last_on or one.first_on
    if last == one.first_on:
        return words.day(one.first_on)
    return words.text("rota.days", first=words.day(one.first_on), last=words.day(last))


def _from_to(words: Words, rota: SiteRota, one: RotaEntry) -> str:
    """From which day a shift holds, where that lies ahead, and until which."""
    today = rota.row.now.astimezone(zone(rota.row.zone)).date()
    parts = []
    if one.first_on > today:
        parts.append(words.text("rota.from_day", day=words.day(one.first_on)))
    if one.last_on is not None:
        parts.append(words.text("rota.until_day", day=words.day(one.last_on)))
    return " ".join(parts)
