from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import pytest

from pro_service.domain.study.times import (
    DayRangeError,
    ZoneNameError,
    add_months,
    after_gap,
    day_end,
    is_quiet,
    last_day_before,
    local_day,
    local_instant,
    quiet_end,
    typed_day,
    typed_instant,
    zone,
)

LONDON = ZoneInfo("Europe/London")
STEP = timedelta(days=7)


def _changes(in_zone: ZoneInfo) -> list[datetime]:
    """Every instant of ten years from which the zone has another offset."""
    found = []
    before = datetime(2018, 1, 1, tzinfo=UTC)
    end = datetime(2028, 1, 1, tzinfo=UTC)
    while before < end:
        low, high = before, before + STEP
        before = high
        old = low.astimezone(in_zone).utcoffset()
        if high.astimezone(in_zone).utcoffset() == old:
            continue
        while high - low > timedelta(seconds=1):
            middle = low + timedelta(seconds=int((high - low).total_seconds()) // 2)
            if middle.astimezone(in_zone).utcoffset() == old:
                low = middle
            else:
                high = middle
        found.append(high)
    return found


@cache
def _zones() -> dict[str, list[datetime]]:
    """Every zone's changes; of zones whose clocks showed the same for ten years, one name."""
    found: dict[tuple[object, ...], tuple[str, list[datetime]]] = {}
    for name in sorted(available_timezones()):
        changes = _changes(zone(name))
        instants = [datetime(2018, 1, 1, tzinfo=UTC), *changes]
        history = *changes, *(each.astimezone(zone(name)).utcoffset() for each in instants)
        found.setdefault(history, (name, changes))
    return dict(found.values())


@pytest.mark.slow
def test_every_clock_change_of_every_zone_over_ten_years_is_read_as_agreed() -> None:
    gaps = folds = 0
    for name, changes in _zones().items():
        in_zone = zone(name)
        for change in changes:
            last = (change - timedelta(seconds=1)).astimezone(in_zone).replace(tzinfo=None)
            first = change.astimezone(in_zone).replace(tzinfo=None)
            jump = first - last - timedelta(seconds=1)
            if jump > timedelta(0):
                gaps += 1
                skipped = last + timedelta(seconds=1) + jump / 2
                assert local_instant(skipped.date(), skipped.time(), in_zone) == change, name
            elif jump < timedelta(0):
                folds += 1
                twice = last + timedelta(seconds=1) + jump / 2
                instant = local_instant(twice.date(), twice.time(), in_zone)
                assert instant < change, name
                assert instant.astimezone(in_zone).replace(tzinfo=None) == twice, name
            # On the day of the change and beside it, days still follow one another gaplessly.
            for day in {last.date() - timedelta(days=1), last.date(), first.date()}:
                assert local_day(day_end(day, in_zone), in_zone) > day, name
                if day != last.date() or last.date() == first.date():
                    assert last_day_before(day_end(day, in_zone), in_zone) == day, name
    assert gaps > 400
    assert folds > 400


def test_skipped_half_hour_becomes_the_first_instant_after_it() -> None:
    instant = local_instant(date(2026, 3, 29), time(1, 30), LONDON)
    assert instant == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)


def test_hour_that_exists_twice_means_the_first() -> None:
    instant = local_instant(date(2026, 10, 25), time(1, 30), LONDON)
    assert instant == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_a_skipped_day_becomes_the_first_instant_after_it() -> None:
    samoa = zone("Pacific/Apia")
    instant = local_instant(date(2011, 12, 30), time(18, 30), samoa)
    assert instant.astimezone(samoa) == datetime(2011, 12, 31, tzinfo=samoa)


def test_a_midnight_that_does_not_exist_still_ends_the_day_before() -> None:
    cairo = zone("Africa/Cairo")
    assert day_end(date(2024, 4, 25), cairo).astimezone(cairo).time() == time(1, 0)
    assert last_day_before(day_end(date(2024, 4, 25), cairo), cairo) == date(2024, 4, 25)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 1, 10), -1, date(2025, 12, 10)),
        (date(2026, 5, 31), 12, date(2027, 5, 31)),
    ],
)
def test_months_clamp_to_the_end_of_the_month(day: date, months: int, expected: date) -> None:
    assert add_months(day, months) == expected


@pytest.mark.parametrize("name", ["Asia/Beijin", "", "America", "../etc/passwd"])
def test_an_unknown_zone_is_an_error_that_names_it(name: str) -> None:
    with pytest.raises(ZoneNameError) as caught:
        zone(name)
    assert repr(name) in str(caught.value)


@pytest.mark.parametrize(
    ("at", "quiet"),
    [(time(20, 29), False), (time(20, 30), True), (time(3, 0), True), (time(8, 30), False)],
)
def test_quiet_hours_span_midnight_and_end_at_their_last_minute(at: time, quiet: bool) -> None:
    assert is_quiet(at, time(20, 30), time(8, 30)) is quiet


def test_quiet_hours_end_the_next_morning_when_they_began_in_the_evening() -> None:
    evening = datetime(2026, 1, 5, 22, 0, tzinfo=UTC)
    morning = datetime(2026, 1, 6, 8, 30, tzinfo=UTC)
    assert quiet_end(evening, time(20, 30), time(8, 30), LONDON) == morning
    assert quiet_end(morning - timedelta(hours=2), time(20, 30), time(8, 30), LONDON) == morning
    assert quiet_end(morning, time(20, 30), time(8, 30), LONDON) == morning


def test_a_day_apart_is_a_local_day_where_the_clock_changes_between() -> None:
    """N7: a text a second after 18:30 the evening before kept the next evening's back a day."""
    before = local_instant(date(2026, 3, 28), time(18, 30, 1), LONDON)
    free = after_gap(before, 24, LONDON)
    assert free == local_instant(date(2026, 3, 29), time(18, 30, 1), LONDON)
    assert free - before == timedelta(hours=23)
    before = local_instant(date(2026, 10, 24), time(18, 30, 1), LONDON)
    assert after_gap(before, 24, LONDON) - before == timedelta(hours=25)
    assert after_gap(before, 48, LONDON) - before == timedelta(hours=49)


def test_hours_that_are_no_whole_days_are_counted_by_the_clock() -> None:
    before = local_instant(date(2026, 3, 28), time(18, 30), LONDON)
    for hours in (0, 1, 23, 25, 36):
        assert after_gap(before, hours, LONDON) - before == timedelta(hours=hours)


@pytest.mark.slow
def test_days_apart_are_local_days_around_every_clock_change_of_every_zone() -> None:
    """N7, property: the same hour so many days later, and never a day more or less."""
    tried = 0
    for name, changes in _zones().items():
        in_zone = zone(name)
        for change in changes:
            day = local_day(change, in_zone)
            for days_before in (0, 1, 2):
                for hour in (time(9, 30), time(18, 30, 1), time(19, 29, 59)):
                    told = local_instant(day - timedelta(days=days_before), hour, in_zone)
                    for days in (1, 2, 3):
                        free = after_gap(told, 24 * days, in_zone).astimezone(in_zone)
                        wanted = local_instant(
                            day + timedelta(days=days - days_before), hour, in_zone
                        )
                        assert free == wanted, (name, told, days)
                        tried += 1
    assert tried > 10_000


@pytest.mark.parametrize("text", ["0001-01-01", "1899-12-31", "2200-01-01", "9999-12-31"])
def test_a_day_that_nobody_means_is_refused_before_anything_counts_with_it(text: str) -> None:
    with pytest.raises(DayRangeError):
        typed_day(text)
    with pytest.raises(ValueError, match="1900"):
        typed_instant(f"{text}T00:00")
    assert typed_day("1900-01-01") < typed_instant("2199-12-31T23:59").date()
