"""When a call comes back: the next working day is offered, and no time that would be too late."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_service.domain.study.reaching.call_times import (
    LONGEST_WAIT,
    CallTimeError,
    after_day,
    helps_until,
    last_day_to_wait,
    next_try,
    ring_again,
)
from pro_service.domain.study.times import day_end, local_day
from pro_service.services.base.calendars import working_days

SHANGHAI = ZoneInfo("Asia/Shanghai")
ZONES = st.sampled_from([SHANGHAI, ZoneInfo("Europe/London"), ZoneInfo("America/New_York")])
INSTANTS = st.integers(0, 2 * 365 * 24 * 60).map(
    lambda minutes: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """An instant of January 2026 in Shanghai, whose 9th is a Friday."""
    return datetime(2026, 1, day, hour, minute, tzinfo=SHANGHAI)


def test_the_next_working_day_is_offered_in_the_morning() -> None:
    calendar = working_days("CN")
    assert next_try(at(7, 15), SHANGHAI, calendar, None) == at(8, 9)
    assert next_try(at(9, 18), SHANGHAI, calendar, None) == at(12, 9)
    # The days before Spring Festival are worked, the festival is not.
    festival = datetime(2026, 2, 14, 18, tzinfo=SHANGHAI)
    again = next_try(festival, SHANGHAI, calendar, None)
    assert again == datetime(2026, 2, 24, 9, tzinfo=SHANGHAI)


def test_nothing_is_offered_where_the_call_helps_no_more_by_then() -> None:
    calendar = working_days("CN")
    assert next_try(at(9, 18), SHANGHAI, calendar, at(12, 9)) is None
    assert next_try(at(9, 18), SHANGHAI, calendar, at(12, 10)) == at(12, 9)


@pytest.mark.parametrize(
    ("said", "closes_at"),
    [
        (at(7, 12), None),
        (at(6, 12), None),
        (at(7, 12) + LONGEST_WAIT + timedelta(seconds=1), None),
        (at(9, 9), at(9, 9)),
    ],
)
def test_a_time_that_is_past_too_far_or_too_late_is_refused(
    said: datetime, closes_at: datetime | None
) -> None:
    with pytest.raises(CallTimeError):
        ring_again(said, at(7, 12), closes_at)


def test_an_answer_is_waited_for_until_the_end_of_a_day() -> None:
    assert after_day(date(2026, 1, 8), at(7, 12), SHANGHAI, None) == at(9, 9)
    assert after_day(date(2026, 1, 8), at(7, 12), SHANGHAI, at(9, 8)) == at(9, 0)
    with pytest.raises(CallTimeError):
        after_day(date(2026, 1, 8), at(7, 12), SHANGHAI, at(9, 0))


def test_an_answer_is_waited_for_while_its_visit_asks() -> None:
    assert helps_until(at(9, 9), at(8, 9)) == at(8, 9)
    assert helps_until(at(9, 9), None) == helps_until(None, at(9, 9)) == at(9, 9)
    assert helps_until(None, None) is None
    assert last_day_to_wait(at(9, 12), SHANGHAI, helps_until(at(12, 9), at(9, 0))) is None


@given(now=INSTANTS, local=ZONES, hours=st.one_of(st.none(), st.integers(1, 24 * 60)))
def test_the_last_day_to_wait_can_be_waited_for_and_no_later_one(
    now: datetime, local: ZoneInfo, hours: int | None
) -> None:
    closes_at = None if hours is None else now + timedelta(hours=hours)
    last = last_day_to_wait(now, local, closes_at)
    if last is None:
        # Not even today: its end is too late.
        assert closes_at is not None
        assert day_end(local_day(now, local), local) >= closes_at
        return
    assert now < after_day(last, now, local, closes_at) <= now + LONGEST_WAIT
