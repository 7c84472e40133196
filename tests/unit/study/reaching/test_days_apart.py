"""A day apart is a local day, whatever the clocks do in the night (N7)."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pro_service.domain.study.nudges import later_nudge
from pro_service.domain.study.times import after_gap, local_day, local_instant, zone
from tests.unit.study.study_makers import days, example


@given(
    zone_name=st.sampled_from(
        [
            "Europe/London",
            "America/New_York",
            "Australia/Sydney",
            "America/Santiago",
            "Asia/Shanghai",
        ]
    ),
    day=st.dates(date(2024, 1, 1), date(2027, 12, 30)),
    late=st.integers(0, 3540),
)
def test_a_nudge_of_the_next_evening_never_slips_a_day(
    zone_name: str, day: date, late: int
) -> None:
    """N7: whatever the clocks do in the night, a text up to an hour late last evening."""
    local = zone(zone_name)
    messaging = example().messaging
    told = local_instant(day, messaging.nudge_at, local) + timedelta(seconds=late)
    free = after_gap(told, messaging.minimum_gap_hours, local)
    tomorrow = local_instant(day + days(1), messaging.nudge_at, local)
    goes_at = max(tomorrow, later_nudge(free, messaging, None, local))
    assert local_day(goes_at, local) == day + days(1)
