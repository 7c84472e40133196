"""When a call that is not done comes back: at a time staff choose, or the one that is offered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.times import ONE_DAY, day_end, local_day, local_instant

RING_FROM: Final = time(9)
"""The hour offered for another try, in the site's zone."""
LONGEST_WAIT: Final = timedelta(days=31)
"""A call that would come back later than this is forgotten."""
_LOOKED_AHEAD: Final = 21
"""Days in which the next working day is looked for; no public holiday is as long."""


class CallTimeError(ProServiceError):
    """A call comes back within a month, and before it helps no more."""


class CallDayError(ProServiceError):
    """What was said needs a day, and that day is none it can be."""


def next_try(
    now: datetime,
    local: ZoneInfo,
    working_days: Callable[[date, date], int],
    closes_at: datetime | None,
) -> datetime | None:
    """Return when to ring again if nobody says when: in the morning of the next working day.

    None where the call helps no more by then. `local` is the site's zone.
    """
    today = local_day(now, local)
    for ahead in range(1, _LOOKED_AHEAD + 1):
        day = today + ahead * ONE_DAY
        if working_days(day, day):
            at = local_instant(day, RING_FROM, local)
            return at if closes_at is None or at < closes_at else None
    return None


def ring_again(said: datetime, now: datetime, closes_at: datetime | None) -> datetime:
    """Return the time that was said, if a call can come back then. Raises CallTimeError."""
    if not now < said <= now + LONGEST_WAIT or (closes_at is not None and said >= closes_at):
        raise CallTimeError
    return said


def helps_until(call: datetime | None, visit: datetime | None) -> datetime | None:
    """Return until when an answer can be waited for: while the call helps and the visit asks.

    A call about a safety visit outlives its window: then somebody is rung, and no answer is
    awaited.
    """
    return min((one for one in (call, visit) if one is not None), default=None)


def after_day(day: date, now: datetime, local: ZoneInfo, closes_at: datetime | None) -> datetime:
    """Return when to ring if nothing came by the end of a day: the morning after it, or as it ends
    where the morning is too late. Raises CallTimeError."""
    at, morning = day_end(day, local), local_instant(day + ONE_DAY, RING_FROM, local)
    if (closes_at is None or morning < closes_at) and morning <= now + LONGEST_WAIT:
        at = morning
    return ring_again(at, now, closes_at)


def last_day_to_wait(now: datetime, local: ZoneInfo, closes_at: datetime | None) -> date | None:
    """Return the last day by which an answer can be waited for; None where it is too late."""
    latest = now + LONGEST_WAIT if closes_at is None else min(closes_at, now + LONGEST_WAIT)
    day = local_day(latest, local) - ONE_DAY
    while closes_at is not None and day_end(day, local) >= closes_at:
        day -= ONE_DAY
    return day if day >= local_day(now, local) else None
