"""What becomes of the reminders that are due: one text for all that may go, a reason for the rest.

`judge` is pure and total: every due reminder gets exactly one outcome. The claim that sends calls
it on facts read at the same instant, so a text never leaves after its reason has gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_service.domain.study.facts import (
    ParticipantFacts,
    ReminderFacts,
    VisitFacts,
    VisitNotReadError,
)
from pro_service.domain.study.follow_up.end_reasons import EndReason
from pro_service.domain.study.follow_up.safety_floor import safety_floor, why_no_text
from pro_service.domain.study.nudges import (
    PlannedReminder,
    is_quiet_at,
    later_nudge,
    may_go_at,
    plan_first,
    plan_next,
    profile_of,
)
from pro_service.domain.study.protocol import NudgeProfile, Protocol
from pro_service.domain.study.statuses import Standing, standing
from pro_service.domain.study.times import (
    ONE_DAY,
    after_gap,
    day_start,
    local_day,
    quiet_end,
    zone,
)

__all__ = [
    "EndReason",
    "Ended",
    "Judgement",
    "NextReminder",
    "PlannedReminder",
    "Postponed",
    "judge",
    "plan_first",
    "plan_next",
]


KNOWN_HOURS: Final = 48
"""Gaps between texts up to this many hours are judged from lean facts, too (`texts_of`)."""


class Ended(NamedTuple):
    """A reminder that ends without a text."""

    reminder_id: UUID
    visit_id: UUID
    reason: EndReason


class Postponed(NamedTuple):
    """A reminder that stays open and moves to a later instant (UTC)."""

    reminder_id: UUID
    visit_id: UUID
    due_at: datetime


class NextReminder(NamedTuple):
    """The reminder to create for a visit once its present one has ended."""

    visit_id: UUID
    ordinal: int
    due_at: datetime


class Judgement(NamedTuple):
    """One outcome for every due reminder, and what follows them."""

    together: tuple[UUID, ...] = ()
    """Reminders that become one text now; empty: no text."""
    visits: tuple[UUID, ...] = ()
    """The visits of `together`, in the schedule's order."""
    ended: tuple[Ended, ...] = ()
    postponed: tuple[Postponed, ...] = ()
    planned: tuple[NextReminder, ...] = ()


def judge(facts: ParticipantFacts, protocol: Protocol, now: datetime) -> Judgement:
    """Decide about every reminder that is due at `now` and has not ended."""
    local = zone(facts.zone)
    where = standing(facts.statuses, now, facts.events)
    together: list[tuple[VisitFacts, ReminderFacts]] = []
    ended: list[Ended] = []
    postponed: list[Postponed] = []
    planned: list[NextReminder] = []
    for visit in facts.visits:
        after = visit
        for reminder in visit.nudges_due(now):
            outcome = _outcome(facts, protocol, where, visit, now, local)
            if isinstance(outcome, datetime):
                postponed.append(
                    Postponed(reminder_id=reminder.id, visit_id=visit.id, due_at=outcome)
                )
                continue
            if outcome is None:
                together.append((visit, reminder))
                update = {"ended_at": now, "sent_at": now}
            else:
                ended.append(Ended(reminder_id=reminder.id, visit_id=visit.id, reason=outcome))
                update = {"ended_at": now}
            after = _replace(after, reminder, update)
        if after is not visit and where.may_answer:
            following = plan_next(after, protocol, local, facts.nudge_at, now)
            if following is not None:
                planned.append(
                    NextReminder(
                        visit_id=visit.id, ordinal=following.ordinal, due_at=following.due_at
                    )
                )
    return Judgement(
        together=tuple(reminder.id for _, reminder in together),
        visits=tuple(dict.fromkeys(visit.id for visit, _ in together)),
        ended=tuple(ended),
        postponed=tuple(postponed),
        planned=tuple(planned),
    )


def _replace(visit: VisitFacts, reminder: ReminderFacts, update: dict[str, datetime]) -> VisitFacts:
    changed = reminder.model_copy(update=update)
    reminders = tuple(changed if each.id == reminder.id else each for each in visit.reminders)
    return visit.model_copy(update={"nudged": reminders})


def _outcome(
    facts: ParticipantFacts,
    protocol: Protocol,
    where: Standing,
    visit: VisitFacts,
    now: datetime,
    local: ZoneInfo,
) -> EndReason | datetime | None:
    """Return None to send now, an instant to wait for, or why it ends."""
    profile = profile_of(visit, protocol)
    reason = forbids(facts, protocol, where, visit, now)
    if reason is not None:
        return reason
    if not may_go_at(visit, profile, now, local):
        return EndReason.outside_window
    wait_until = _wait_until(facts, protocol, profile, now, local)
    if wait_until is not None:
        allowed = may_go_at(visit, profile, wait_until, local)
        return wait_until if allowed else EndReason.outside_window
    if facts.texts_today >= protocol.messaging.texts_a_day_per_number:
        return EndReason.budget
    return None


def forbids(
    facts: ParticipantFacts,
    protocol: Protocol,
    where: Standing,
    visit: VisitFacts,
    now: datetime,
) -> EndReason | None:
    """Return the reason that forbids any reminder of this visit, whatever the hour.

    `where` is the standing at `now`, which may be a time to come: as things stand today.
    """
    profile = profile_of(visit, protocol)
    if profile == "safety":
        # The same word that calls are made by: what is not texted for it is rung for.
        return safety_floor(facts, protocol, visit, now).no_text
    return why_no_text(facts, where, visit, profile)


def texts_of(facts: ParticipantFacts) -> tuple[datetime, ...]:
    """Return when reminder texts went to this participant, in order; one text counts once.

    Of visits at rest none went in the last three days: what went before is not among them.
    """
    read = [visit.nudged or () for visit in facts.visits]
    sent = {each.sent_at for nudges in read for each in nudges if each.sent_at}
    if facts.last_reminder_text_at is not None:
        sent.add(facts.last_reminder_text_at)
    return tuple(sorted(sent))


def _wait_until(
    facts: ParticipantFacts,
    protocol: Protocol,
    profile: NudgeProfile,
    now: datetime,
    local: ZoneInfo,
) -> datetime | None:
    """Return the next permitted instant if a text may not go now; None if it may.

    Safety nudges wait for quiet hours only: neither the gap nor the daily limit holds them back.
    """
    messaging = protocol.messaging
    if profile == "safety":
        free_at = quiet_end(now, messaging.quiet_from, messaging.quiet_until, local)
        return free_at if free_at > now else None
    if messaging.minimum_gap_hours > KNOWN_HOURS and any(one.at_rest for one in facts.visits):
        raise VisitNotReadError
    free_at = max(now, _free_from(texts_of(facts), protocol, now, local))
    if free_at == now and not is_quiet_at(now, messaging, local):
        return None
    return later_nudge(free_at, messaging, facts.nudge_at, local)


def _free_from(
    texts: Sequence[datetime], protocol: Protocol, now: datetime, local: ZoneInfo
) -> datetime:
    """Return the first instant the gap and the participant's daily limit leave free."""
    messaging = protocol.messaging
    if not texts:
        return now
    free_at = after_gap(texts[-1], messaging.minimum_gap_hours, local)
    today = local_day(now, local)
    # No local day is as long as two: what is older needs no look at the calendar.
    lately = [text for text in texts if now - text < 2 * ONE_DAY]
    if sum(local_day(text, local) == today for text in lately) >= messaging.texts_a_day:
        free_at = max(free_at, day_start(today + ONE_DAY, local))
    return free_at
