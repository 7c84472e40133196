"""Days and hours in a participant's zone, turned into instants, and back.

Study time is stored as UTC; windows and nudges are agreed in local days and hours. The two awkward
hours of a year are settled here once: a local time that does not exist becomes the first valid
instant after it, and one that exists twice means the first.
"""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pro_service.domain.errors import ProServiceError

MIDNIGHT = time(0, 0)
ONE_DAY = timedelta(days=1)
EARLIEST_DAY = date(1900, 1, 1)
LATEST_DAY = date(2199, 12, 31)
"""Between these is every day that a person may type: what is outside is a slip of the pen, and days
near the ends of the calendar cannot be counted with."""
_FEBRUARY = 2
_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_INSTANT = timedelta(microseconds=1)


class ZoneNameError(ProServiceError):
    """The time zone's name is not known."""


class DayRangeError(ProServiceError, ValueError):
    """The day lies before 1900 or after 2199."""

    def __init__(self) -> None:
        """Say so, with the mend."""
        super().__init__(mend="Look it up, and write it as 2027-03-01.", word="day_range")


def typed_day(text: str) -> date:
    """Return the day that a person, a form or an address names (ISO 8601).

    Raises ValueError for what is no day, and DayRangeError, which is one, for a day that nobody
    means.
    """
    day = date.fromisoformat(text)
    check_typed_day(day)
    return day


def typed_instant(text: str) -> datetime:
    """Return the day and hour that were typed, with a zone where one was; errors as `typed_day`."""
    instant = datetime.fromisoformat(text)
    check_typed_day(instant.date())
    return instant


def check_typed_day(day: date) -> None:
    """Raise DayRangeError for a day that nobody means."""
    if not EARLIEST_DAY <= day <= LATEST_DAY:
        raise DayRangeError


def zone(name: str) -> ZoneInfo:
    """Return the zone of this IANA name; ZoneNameError if there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ZoneNameError(
            f"There is no time zone named {name!r}.",
            mend="Use a name such as Asia/Shanghai or Europe/London.",
        ) from error


@lru_cache(maxsize=4096)
def local_instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return the UTC instant of a local wall time.

    A time skipped by a clock change becomes the first valid instant after it; a time that exists
    twice means the first.
    """
    wall = datetime.combine(day, at)
    before = wall.replace(tzinfo=zone, fold=0)
    instant = before.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == wall:
        return instant
    # The clock jumped over this time: the change lies between the two readings of it.
    offset_before = before.utcoffset()
    low = wall.replace(tzinfo=zone, fold=1).astimezone(UTC).replace(microsecond=0)
    high = instant.replace(microsecond=0)
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=int((high - low).total_seconds()) // 2)
        if middle.astimezone(zone).utcoffset() == offset_before:
            low = middle
        else:
            high = middle
    return high


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """Return the first instant of a local day, in UTC."""
    return local_instant(day, MIDNIGHT, zone)


def day_end(day: date, zone: ZoneInfo) -> datetime:
    """Return the local midnight after a day, in UTC: the first instant that is no longer in it."""
    return local_instant(day + ONE_DAY, MIDNIGHT, zone)


def local_day(instant: datetime, zone: ZoneInfo) -> date:
    """Return the calendar day of an instant in a zone."""
    return instant.astimezone(zone).date()


def last_day_before(closes_at: datetime, zone: ZoneInfo) -> date:
    """Return the closing day: the last local day with an instant before `closes_at`."""
    return local_day(closes_at - _INSTANT, zone)


def after_gap(instant: datetime, hours: int, zone: ZoneInfo) -> datetime:
    """Return the first instant so many hours after another.

    Whole days are local days: the same hour some days later, though the clock was changed between.
    """
    days, rest = divmod(hours, 24)
    if rest or not days:
        return instant + timedelta(hours=hours)
    local = instant.astimezone(zone)
    return local_instant(local.date() + timedelta(days=days), local.time(), zone)


def add_months(day: date, months: int) -> date:
    """Move by calendar months, clamped to the month's end (31 January + 1 = end of February)."""
    if not months:
        return day
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    month += 1
    length = 29 if month == _FEBRUARY and calendar.isleap(year) else _LENGTHS[month - 1]
    return date(year, month, min(day.day, length))


def is_quiet(at: time, quiet_from: time, quiet_until: time) -> bool:
    """Tell whether a local time lies in [quiet_from, quiet_until), which may span midnight."""
    if quiet_from <= quiet_until:
        return quiet_from <= at < quiet_until
    return at >= quiet_from or at < quiet_until


def quiet_start(
    instant: datetime, quiet_from: time, quiet_until: time, zone: ZoneInfo
) -> datetime | None:
    """Return the next instant at or after `instant` that is quiet; None where no hour is."""
    if quiet_from == quiet_until:
        return None
    local = instant.astimezone(zone)
    if is_quiet(local.time(), quiet_from, quiet_until):
        return instant
    day = local.date() if local.time() < quiet_from else local.date() + ONE_DAY
    return max(instant, local_instant(day, quiet_from, zone))


def quiet_end(instant: datetime, quiet_from: time, quiet_until: time, zone: ZoneInfo) -> datetime:
    """Return `instant` if it is not in quiet hours, else the instant those hours end."""
    local = instant.astimezone(zone)
    if not is_quiet(local.time(), quiet_from, quiet_until):
        return instant
    day = local.date() if local.time() < quiet_until else local.date() + ONE_DAY
    return max(instant, local_instant(day, quiet_until, zone))
