"""When the next reminder of a visit is due. Only the next one ever exists.

The standard profile goes out in the evening, or at the hour the participant chose; the safety
profile in the morning of the target day and again the same day. Every instant is UTC and none lies
in the past, in quiet hours, or outside the visit.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import NamedTuple, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_service.domain.study.assessments import owes_answers
from pro_service.domain.study.facts import ReminderFacts, VisitFacts
from pro_service.domain.study.protocol import Messaging, NudgeProfile, Protocol
from pro_service.domain.study.schedule import PlannedVisit
from pro_service.domain.study.times import (
    ONE_DAY,
    after_gap,
    is_quiet,
    last_day_before,
    local_day,
    local_instant,
    quiet_end,
)

DRIFT = timedelta(hours=1)
"""A text may go this long after its hour rather than wait a day: the last one was as late."""

Dated: TypeAlias = VisitFacts | PlannedVisit
"""A visit that is stored, or one about to be: what a first reminder needs to know of either."""


class PlannedReminder(NamedTuple):
    """The next reminder of a visit: its number from 1, and when it is due (UTC)."""

    ordinal: int
    due_at: datetime


def profile_of(visit: Dated, protocol: Protocol) -> NudgeProfile:
    """Return how a visit nudges; "none" for a definition the protocol does not have."""
    definition = protocol.find(visit.definition)
    return "none" if definition is None else definition.nudges


def nudge_hour(messaging: Messaging, chosen: time | None) -> time:
    """Return the chosen hour unless it lies in quiet hours; then the protocol's."""
    if chosen is None or is_quiet(chosen, messaging.quiet_from, messaging.quiet_until):
        return messaging.nudge_at
    return chosen


def next_evening(not_before: datetime, hour: time, zone: ZoneInfo) -> datetime:
    """Return the first nudge hour at or after an instant."""
    day = local_day(not_before, zone)
    candidate = local_instant(day, hour, zone)
    return candidate if candidate >= not_before else local_instant(day + ONE_DAY, hour, zone)


def later_nudge(
    not_before: datetime, messaging: Messaging, chosen: time | None, zone: ZoneInfo
) -> datetime:
    """Return when a standard reminder may go that must wait until `not_before` at least.

    That is the next nudge hour, or `not_before` itself if the hour has only just passed: otherwise
    a text sent a few seconds late today would push tomorrow's to the day after.
    """
    hour = nudge_hour(messaging, chosen)
    today = local_instant(local_day(not_before, zone), hour, zone)
    just_passed = today < not_before <= today + DRIFT
    if just_passed and not is_quiet_at(not_before, messaging, zone):
        return not_before
    return next_evening(not_before, hour, zone)


def is_quiet_at(instant: datetime, messaging: Messaging, zone: ZoneInfo) -> bool:
    """Tell whether an instant lies in the participant's quiet hours."""
    local = instant.astimezone(zone).time()
    return is_quiet(local, messaging.quiet_from, messaging.quiet_until)


def may_go_at(visit: Dated, profile: NudgeProfile, instant: datetime, zone: ZoneInfo) -> bool:
    """Tell whether the visit's window allows a reminder at this instant.

    A standard one must come before the closing day, which leaves time to answer; a safety one only
    before the window closes, as some safety visits last one day.
    """
    if profile == "none" or instant < visit.opens_at:
        return False
    if visit.closes_at is None:
        return True
    if profile == "safety":
        return instant < visit.closes_at
    return local_day(instant, zone) < last_day_before(visit.closes_at, zone)


def _askable(visit: Dated, profile: NudgeProfile) -> bool:
    if profile == "none" or visit.provisional:
        return False
    return owes_answers(visit) if isinstance(visit, VisitFacts) else bool(visit.assessments)


def plan_first(
    visit: Dated, protocol: Protocol, zone: ZoneInfo, nudge_at: time | None, now: datetime
) -> datetime | None:
    """Return when the first reminder is due, or None if the visit gets none.

    `nudge_at` is the hour the participant chose. Someone enrolled late gets one at the next nudge
    hour if that is still before the closing day; a late safety nudge is due at once.
    """
    profile = profile_of(visit, protocol)
    if not _askable(visit, profile):
        return None
    messaging = protocol.messaging
    if profile == "safety":
        target = local_instant(visit.target_on, messaging.safety.nudge_at, zone)
        due_at = _out_of_quiet(max(target, visit.opens_at, now), messaging, zone)
    else:
        hour = nudge_hour(messaging, nudge_at)
        day = visit.target_on - timedelta(days=messaging.first_days_before_target)
        wished = local_instant(day, hour, zone)
        due_at = next_evening(max(wished, visit.opens_at, now), hour, zone)
    return due_at if may_go_at(visit, profile, due_at, zone) else None


def _out_of_quiet(instant: datetime, messaging: Messaging, zone: ZoneInfo) -> datetime:
    return quiet_end(instant, messaging.quiet_from, messaging.quiet_until, zone)


def moment(reminder: ReminderFacts) -> datetime:
    """Return when a reminder went, or was to go if it never did."""
    return reminder.sent_at or reminder.due_at


def plan_next(
    visit: VisitFacts, protocol: Protocol, zone: ZoneInfo, nudge_at: time | None, now: datetime
) -> PlannedReminder | None:
    """Return the reminder after the visit's last one, or None.

    None while one is still open, when all have been used, when nothing is owed any more, or when it
    would come too late. A visit without any reminder gets its first.
    """
    profile = profile_of(visit, protocol)
    if not _askable(visit, profile) or any(r.ended_at is None for r in visit.reminders):
        return None
    if not visit.reminders:
        first_at = plan_first(visit, protocol, zone, nudge_at, now)
        return None if first_at is None else PlannedReminder(ordinal=1, due_at=first_at)
    reminders = sorted(visit.reminders, key=lambda reminder: reminder.ordinal)
    ordinal = reminders[-1].ordinal + 1
    messaging = protocol.messaging
    first, last = moment(reminders[0]), moment(reminders[-1])
    if profile == "safety":
        hours = messaging.safety.again_after_hours
        if ordinal - 2 >= len(hours):
            return None
        due_at = first + timedelta(hours=hours[ordinal - 2])
        due_at = _out_of_quiet(max(due_at, now), messaging, zone)
    else:
        days = messaging.then_days_after_first
        if ordinal - 2 >= len(days):
            return None
        hour = nudge_hour(messaging, nudge_at)
        day: date = local_day(first, zone) + timedelta(days=days[ordinal - 2])
        wished = local_instant(day, hour, zone)
        free_at = after_gap(last, messaging.minimum_gap_hours, zone)
        due_at = (
            wished
            if wished >= max(free_at, now)
            else later_nudge(max(free_at, now), messaging, nudge_at, zone)
        )
    if not may_go_at(visit, profile, due_at, zone):
        return None
    return PlannedReminder(ordinal=ordinal, due_at=due_at)


def plan_anew(
    visit: VisitFacts, protocol: Protocol, zone: ZoneInfo, nudge_at: time | None, now: datetime
) -> tuple[UUID, datetime] | None:
    """Return the visit's open reminder and when it is due under another hour or from `now` on.

    None where there is none, or where it would come too late: it then stays, and ends for its own
    reason.
    """
    waiting = next((one for one in visit.reminders if one.ended_at is None), None)
    if waiting is None:
        return None
    gone = tuple(one for one in visit.reminders if one.ended_at is not None)
    without = visit.model_copy(update={"nudged": gone})
    planned = plan_next(without, protocol, zone, nudge_at, now)
    return None if planned is None else (waiting.id, planned.due_at)
