"""Who is on duty at an instant, and when nobody is: from the rota, the zone and who is there.

All instants are UTC; intervals are [begins_at, ends_at). Somebody who may not be told any more
(their work at the site ended, they were stopped) is never on duty, so their hours show as a gap.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_service.domain.study.duty.rota import EntryKind, RotaEntry
from pro_service.domain.study.times import ONE_DAY, day_end, day_start, local_day, local_instant

AHEAD: Final = timedelta(days=14)
"""How far gaps are looked for (R10)."""


FIRST: Final = frozenset({0, 1})
"""Ranks of those who are told first."""


class Gap(NamedTuple):
    """A time in which nobody is told."""

    begins_at: datetime
    ends_at: datetime


class Watch(NamedTuple):
    """A time in which the same people are told, in the order of telling; none: a gap."""

    begins_at: datetime
    ends_at: datetime
    people: tuple[UUID, ...]


class Stretch(NamedTuple):
    """A time in which one person is told, first or as deputy."""

    begins_at: datetime
    ends_at: datetime
    person: UUID
    rank: int
    """Smaller is told sooner: of a cover, of a shift, a cover's deputy, a shift's deputy."""


def stretches(
    rota: Sequence[RotaEntry], zone: ZoneInfo, staff: Collection[UUID], span: Gap
) -> list[Stretch]:
    """Everybody's times on duty within a span, by beginning and rank.

    `staff` are those who may be told at the site now.
    """
    found: list[Stretch] = []
    # What began on the day before may still go on.
    days = _days(local_day(span.begins_at, zone) - ONE_DAY, local_day(span.ends_at, zone))
    for day in days:
        for one in _of_day(rota, zone, day):
            begins_at, ends_at = max(one.begins_at, span.begins_at), min(one.ends_at, span.ends_at)
            if one.person in staff and begins_at < ends_at:
                away = _away(rota, zone, one.person)
                for piece in _without(Gap(begins_at, ends_at), away):
                    found.append(Stretch(*piece, one.person, one.rank))
    return sorted(found, key=lambda one: (one.begins_at, one.rank, str(one.person)))


def on_duty(
    rota: Sequence[RotaEntry], zone: ZoneInfo, staff: Collection[UUID], at: datetime
) -> list[Stretch]:
    """Who is told at an instant, in the order of telling, each once; nobody: a gap."""
    told: dict[UUID, Stretch] = {}
    span = Gap(at - ONE_DAY, at + 2 * ONE_DAY)
    there = [one for one in stretches(rota, zone, staff, span) if one.begins_at <= at < one.ends_at]
    for one in sorted(there, key=lambda each: each.rank):
        told.setdefault(one.person, one)
    return list(told.values())


def find_gaps(
    rota: Sequence[RotaEntry], zone: ZoneInfo, staff: Collection[UUID], span: Gap
) -> list[Gap]:
    """When nobody is told within a span, in order."""
    covered = [Gap(one.begins_at, one.ends_at) for one in stretches(rota, zone, staff, span)]
    return list(_without(span, covered))


def find_watches(
    rota: Sequence[RotaEntry], zone: ZoneInfo, staff: Collection[UUID], span: Gap
) -> list[Watch]:
    """Who is told within a span, from hour to hour and without a hole, cut where a day ends."""
    there = stretches(rota, zone, staff, span)
    days = _days(local_day(span.begins_at, zone), local_day(span.ends_at, zone))
    turns = {at for one in there for at in (one.begins_at, one.ends_at)}
    turns |= {at for at in (day_start(one, zone) for one in days) if span.begins_at < at}
    cuts = sorted({*span, *(at for at in turns if at < span.ends_at)})
    return [
        Watch(begins_at, ends_at, _told(there, begins_at)) for begins_at, ends_at in pairwise(cuts)
    ]


def _told(there: Sequence[Stretch], at: datetime) -> tuple[UUID, ...]:
    """Who is told at an instant, each once, in the order of telling."""
    now = sorted(
        (one for one in there if one.begins_at <= at < one.ends_at), key=lambda one: one.rank
    )
    return tuple(dict.fromkeys(one.person for one in now))


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def _of_day(rota: Sequence[RotaEntry], zone: ZoneInfo, day: date) -> Iterator[Stretch]:
    """What begins on a local day, whoever is there."""
    closed = any(one.kind is EntryKind.holiday and one.holds_on(day) for one in rota)
    for one in rota:
        if one.begins is None or one.ends is None or not one.holds_on(day):
            continue
        if one.kind is EntryKind.shift and closed:
            continue
        last = day if one.ends > one.begins else day + ONE_DAY
        begins_at = local_instant(day, one.begins, zone)
        ends_at = local_instant(last, one.ends, zone)
        rank = 0 if one.kind is EntryKind.cover else 1
        if one.person is not None:
            yield Stretch(begins_at, ends_at, one.person, rank)
        if one.deputy is not None:
            yield Stretch(begins_at, ends_at, one.deputy, rank + 2)


def _away(rota: Sequence[RotaEntry], zone: ZoneInfo, person: UUID) -> list[Gap]:
    return [
        Gap(day_start(one.first_on, zone), day_end(one.last_on or one.first_on, zone))
        for one in rota
        if one.kind is EntryKind.leave and one.person == person
    ]


def _without(span: Gap, taken: Iterable[Gap]) -> Iterator[Gap]:
    """What is left of a span without the times taken."""
    free_from = span.begins_at
    for one in sorted(taken):
        if one.begins_at > free_from:
            yield Gap(free_from, min(one.begins_at, span.ends_at))
        free_from = max(free_from, one.ends_at)
        if free_from >= span.ends_at:
            return
    if free_from < span.ends_at:
        yield Gap(free_from, span.ends_at)
