"""Who is on duty and when nobody is: over zones, midnights, clock changes, leaves and holidays."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_service.domain.study.duty import (
    AHEAD,
    EntryKind,
    Gap,
    RotaEntry,
    RotaRefusedError,
    check_entry,
    find_gaps,
    find_watches,
    on_duty,
    stretches,
)
from pro_service.domain.study.times import local_instant

NAMES = UUID(int=7)
ANNA, BO, CAI = (uuid5(NAMES, name) for name in ("anna", "bo", "cai"))
STAFF = frozenset({ANNA, BO, CAI})
EVERY_DAY = frozenset(range(7))
SHANGHAI, LONDON = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/London")
ZONES = [
    SHANGHAI,
    LONDON,
    *(ZoneInfo(one) for one in ("America/New_York", "Australia/Lord_Howe", "Pacific/Kiritimati")),
    *(ZoneInfo(one) for one in ("Africa/Cairo", "Asia/Kathmandu", "Pacific/Pago_Pago")),
]
MONDAY = date(2026, 11, 30)


SHIFT = RotaEntry(
    id=UUID(int=1),
    kind=EntryKind.shift,
    weekdays=EVERY_DAY,
    begins=time(8),
    ends=time(20),
    person=ANNA,
    deputy=None,
    first_on=date(2020, 1, 1),
    last_on=None,
)
_ON_A_DAY = SHIFT._replace(weekdays=frozenset(), first_on=MONDAY, last_on=MONDAY)
_WITHOUT_HOURS = _ON_A_DAY._replace(begins=None, ends=None)
KINDS = {
    EntryKind.shift: SHIFT,
    EntryKind.cover: _ON_A_DAY._replace(kind=EntryKind.cover),
    EntryKind.leave: _WITHOUT_HOURS._replace(kind=EntryKind.leave),
    EntryKind.holiday: _WITHOUT_HOURS._replace(kind=EntryKind.holiday, person=None),
}


def entry(kind: EntryKind = EntryKind.shift, **given: Any) -> RotaEntry:
    return KINDS[kind]._replace(**given)


def at(day: date, hour: int, zone: ZoneInfo = SHANGHAI) -> datetime:
    return local_instant(day, time(hour), zone)


def people(rota: list[RotaEntry], instant: datetime, staff: frozenset[UUID] = STAFF) -> list[UUID]:
    return [one.person for one in on_duty(rota, SHANGHAI, staff, instant)]


def day_gaps(rota: list[RotaEntry], staff: frozenset[UUID] = STAFF) -> list[Gap]:
    span = Gap(at(MONDAY, 0), at(MONDAY + timedelta(days=1), 0))
    return find_gaps(rota, SHANGHAI, staff, span)


def test_a_night_shift_goes_on_past_midnight_and_names_person_then_deputy() -> None:
    night = entry(begins=time(20), ends=time(8), person=BO, deputy=CAI, weekdays=frozenset({6}))
    assert people([night], at(MONDAY, 7)) == [BO, CAI]
    assert people([night], at(MONDAY, 8)) == []
    assert people([night], at(MONDAY, 20)) == []
    assert day_gaps([night]) == [Gap(at(MONDAY, 8), at(MONDAY + timedelta(days=1), 0))]


def test_whoever_is_away_leaves_it_to_the_deputy_and_else_a_gap() -> None:
    leave = entry(EntryKind.leave)
    assert people([entry(deputy=BO), leave], at(MONDAY, 9)) == [BO]
    assert people([entry(), leave], at(MONDAY, 9)) == []
    assert people([entry(), leave], at(MONDAY + timedelta(days=1), 9)) == [ANNA]


def test_on_a_holiday_no_shift_begins_and_cover_is_told_first_on_any_day() -> None:
    holiday = entry(EntryKind.holiday)
    night = entry(begins=time(20), ends=time(8))
    cover = entry(EntryKind.cover, person=CAI, begins=time(9), ends=time(12))
    # What began the evening before goes on until the morning.
    assert people([night, holiday], at(MONDAY, 7)) == [ANNA]
    assert people([night, holiday], at(MONDAY, 21)) == []
    assert people([entry(), holiday, cover], at(MONDAY, 10)) == [CAI]
    assert people([entry(deputy=BO), cover], at(MONDAY, 10)) == [CAI, ANNA, BO]


def test_somebody_who_works_here_no_more_leaves_a_gap() -> None:
    around = [entry(begins=time(0), ends=time(0), deputy=BO)]
    assert day_gaps(around) == []
    assert day_gaps(around, frozenset({BO})) == []
    assert day_gaps(around, frozenset({CAI})) == [
        Gap(at(MONDAY, 0), at(MONDAY + timedelta(days=1), 0))
    ]


def test_a_shift_holds_from_its_first_day_to_its_last() -> None:
    one = entry(first_on=MONDAY, last_on=MONDAY, begins=time(20), ends=time(8))
    assert people([one], at(MONDAY, 7)) == []
    assert people([one], at(MONDAY, 21)) == [ANNA]
    assert people([one], at(MONDAY + timedelta(days=1), 7)) == [ANNA]
    assert people([one], at(MONDAY + timedelta(days=1), 21)) == []


def test_a_rota_never_set_is_one_gap_and_not_fourteen() -> None:
    span = Gap(at(MONDAY, 5), at(MONDAY, 5) + AHEAD)
    assert find_gaps([], SHANGHAI, STAFF, span) == [span]


times = st.times(max_value=time(23, 59)).map(lambda one: one.replace(second=0, microsecond=0))
days = st.integers(-10, 25).map(lambda n: MONDAY + timedelta(days=n))
anybody = st.sampled_from([ANNA, BO, CAI])


@st.composite
def entries(draw: st.DrawFn) -> RotaEntry:
    kind = draw(st.sampled_from(EntryKind))
    first = draw(days)
    last = first + timedelta(days=draw(st.integers(0, 9)))
    given: dict[str, Any] = {"first_on": first, "last_on": last}
    if kind is not EntryKind.holiday:
        given["person"] = draw(anybody)
    if kind in (EntryKind.shift, EntryKind.cover):
        given |= {"begins": draw(times), "ends": draw(times), "deputy": draw(st.none() | anybody)}
    if kind is EntryKind.shift:
        given |= {
            "weekdays": draw(st.frozensets(st.integers(0, 6), min_size=1)),
            "first_on": draw(days | st.just(date(2020, 1, 1))),
            "last_on": draw(st.none() | st.just(MONDAY + timedelta(days=30))),
        }
    return entry(kind, **given)


@given(
    rota=st.lists(entries(), max_size=6),
    zone=st.sampled_from(ZONES),
    staff=st.frozensets(anybody),
    hours=st.integers(-200, 200),
    probe=st.floats(0, 1, exclude_max=True),
)
def test_at_every_instant_somebody_is_on_duty_or_it_is_a_gap(
    rota: list[RotaEntry],
    zone: ZoneInfo,
    staff: frozenset[UUID],
    hours: int,
    probe: float,
) -> None:
    begins_at = datetime(2026, 11, 30, tzinfo=UTC) + timedelta(hours=hours)
    span = Gap(begins_at, begins_at + AHEAD)
    gaps = find_gaps(rota, zone, staff, span)
    assert all(span.begins_at <= one.begins_at < one.ends_at <= span.ends_at for one in gaps)
    assert all(a.ends_at < b.begins_at for a, b in pairwise(gaps))
    edges = {edge for one in stretches(rota, zone, staff, span) for edge in one[:2]}
    for instant in {begins_at, begins_at + AHEAD * probe, *edges} - {span.ends_at}:
        told = on_duty(rota, zone, staff, instant)
        within = any(one.begins_at <= instant < one.ends_at for one in gaps)
        assert bool(told) is not within
        assert {one.person for one in told} <= staff
        assert len({one.person for one in told}) == len(told)
        away = [e for e in rota if e.kind is EntryKind.leave]
        local = instant.astimezone(zone).date()
        assert not any(
            e.person == one.person and e.first_on <= local <= (e.last_on or local)
            for e in away
            for one in told
        )


@given(
    zone=st.sampled_from(ZONES),
    begins=times,
    day=st.dates(date(2026, 1, 1), date(2035, 12, 1)),
)
def test_around_the_clock_leaves_no_gap_in_any_zone_whatever_its_clock_does(
    zone: ZoneInfo, begins: time, day: date
) -> None:
    around = [entry(begins=begins, ends=begins)]
    start = local_instant(day, time(0), zone)
    assert find_gaps(around, zone, STAFF, Gap(start, start + AHEAD)) == []
    halves = [entry(begins=begins, ends=time(12)), entry(begins=time(12), ends=begins, person=BO)]
    if begins < time(12):
        assert find_gaps(halves, zone, STAFF, Gap(start, start + AHEAD)) == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (entry(weekdays=frozenset()), "weekdays"),
        (entry(ends=None), "begins"),
        (entry(person=UUID(int=99)), "person"),
        (entry(EntryKind.leave, person=None), "person"),
        (entry(deputy=ANNA), "deputy"),
        (entry(deputy=UUID(int=99)), "deputy"),
        (entry(first_on=MONDAY, last_on=MONDAY - timedelta(days=1)), "last_on"),
        (entry(EntryKind.holiday, last_on=None), "last_on"),
        (entry(EntryKind.leave, last_on=MONDAY + timedelta(days=400)), "last_on"),
    ],
)
def test_what_cannot_stand_in_a_rota_names_its_field(wrong: RotaEntry, field: str) -> None:
    with pytest.raises(RotaRefusedError) as refused:
        check_entry(wrong, STAFF)
    assert refused.value.field == field


@given(st.sampled_from(ZONES), st.integers(0, 60))
def test_a_week_ahead_has_no_hole_and_says_at_each_hour_who_is_on_duty(
    zone: ZoneInfo, shifted: int
) -> None:
    night = SHIFT._replace(id=UUID(int=2), begins=time(20), ends=time(6), person=BO, deputy=CAI)
    rota = [SHIFT, night, KINDS[EntryKind.leave]]
    begins_at = datetime(2026, 10, 20, 7, 30, tzinfo=UTC) + timedelta(days=shifted)
    week = find_watches(rota, zone, STAFF, Gap(begins_at, begins_at + timedelta(days=7)))
    assert (week[0].begins_at, week[-1].ends_at) == (begins_at, begins_at + timedelta(days=7))
    for one, following in pairwise(week):
        assert one.ends_at == following.begins_at
    for one in week:
        first = one.begins_at.astimezone(zone)
        assert (one.ends_at - timedelta(microseconds=1)).astimezone(zone).date() == first.date()
        for at in (one.begins_at, one.ends_at - timedelta(minutes=1)):
            told = on_duty(rota, zone, STAFF, at)
            assert one.people == tuple(each.person for each in told), at
    assert {one.people for one in week} >= {(ANNA,), (BO, CAI), ()}
