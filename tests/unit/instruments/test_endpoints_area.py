"""The area under the curve on actual days, divided by the days."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from pro_service.domain.endpoints.curve import Point, time_averaged_area


def test_area_is_a_trapezoid_on_real_days_over_the_days() -> None:
    points = [
        Point(date(2026, 1, day), Fraction(value)) for day, value in ((1, 10), (3, 20), (11, 0))
    ]
    assert time_averaged_area(points) == Fraction(2 * 15 + 8 * 10, 10)


def test_one_day_has_no_area() -> None:
    day = date(2026, 1, 1)
    assert time_averaged_area([]) is None
    assert time_averaged_area([Point(day, Fraction(1)), Point(day, Fraction(3))]) is None


@given(
    st.lists(st.tuples(st.integers(1, 90), st.integers(0, 100)), min_size=1, max_size=12),
    st.integers(0, 100),
)
def test_area_lies_between_the_lowest_and_the_highest_score(
    steps: list[tuple[int, int]], first: int
) -> None:
    day, points = date(2026, 1, 1), [Point(date(2026, 1, 1), Fraction(first))]
    for ahead, value in steps:
        day += timedelta(days=ahead)
        points.append(Point(day, Fraction(value)))
    area = time_averaged_area(points)
    values = [point.value for point in points]
    assert area is not None
    assert min(values) <= area <= max(values)
