"""The working days of a country, for whoever counts them or looks for the next."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holidays import HolidayBase


@cache
def _calendar(country: str) -> HolidayBase | None:
    """A country's public holidays with its swapped work days; None where none are known."""
    # Half a hundred modules, for whoever counts days alone.
    import holidays

    try:
        return holidays.country_holidays(country)
    except NotImplementedError:
        return None


def working_days(country: str) -> Callable[[date, date], int]:
    """Count working days of a site's country, both ends counted; weekends only where unknown.

    Future years' holidays are provisional until the country has announced them.
    """
    calendar = _calendar(country)

    def count(first: date, last: date) -> int:
        days = (first + timedelta(days=n) for n in range((last - first).days + 1))
        if calendar is None:
            return sum(day.weekday() < 5 for day in days)
        return sum(calendar.is_working_day(day) for day in days)

    return count
