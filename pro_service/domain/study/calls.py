"""When silence becomes a call task: who is to be called, why, and until when it helps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_service.domain.delivery.senders import OF_THE_OPERATOR
from pro_service.domain.record import Record
from pro_service.domain.study.assessments import has_only_to_send, owes_answers
from pro_service.domain.study.facts import ParticipantFacts, VisitFacts
from pro_service.domain.study.follow_up.call_keys import CallKey
from pro_service.domain.study.follow_up.safety_floor import FloorWay, safety_floor
from pro_service.domain.study.nudges import profile_of
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.sittings.open_questions import is_in_window
from pro_service.domain.study.statuses import standing
from pro_service.domain.study.times import (
    MIDNIGHT,
    ONE_DAY,
    last_day_before,
    local_day,
    local_instant,
    zone,
)

WorkingDays = Callable[[date, date], int]
"""Working days of the site's calendar from one day to another, both counted."""


class CallReason(StrEnum):
    """Why a participant is to be called."""

    safety_unanswered = "safety_unanswered"
    nudges_unanswered = "nudges_unanswered"
    nudges_not_delivered = "nudges_not_delivered"
    """None of the counted nudges arrived: nobody has left them unanswered."""
    closing_soon = "closing_soon"
    unsent = "unsent"
    """All that is owed at the visit is answered, and was not sent."""
    alert_unseen = "alert_unseen"
    """Nobody has looked at an urgent alert for as long as the protocol allows."""
    alert_unassessed = "alert_unassessed"
    """No investigator has assessed an urgent alert for as long as the protocol allows."""
    text_unread = "text_unread"
    """Nobody has read a text that names a sign of harm for as long as the protocol allows."""


ABOUT_ALERTS: Final = frozenset({CallReason.alert_unseen, CallReason.alert_unassessed})
"""Reasons that an alert gives: what is done about the alert ends the call."""


class CallWanted(Record):
    """A call task to make. `closes_at` is when it helps no more (UTC): the visit's end."""

    visit_id: UUID
    reason: CallReason
    closes_at: datetime | None


class CallInstead(NamedTuple):
    """A call to make at once, in place of a text that cannot be sent."""

    closes_at: datetime | None
    """When it helps no more (UTC)."""


def _is_called(facts: ParticipantFacts, visit: VisitFacts) -> bool:
    """Tell whether somebody has been asked to call about this visit and has not yet."""
    return any(key.visit_id == visit.id for key in facts.open_calls)


def _nudges_ran_out(
    facts: ParticipantFacts, visit: VisitFacts, protocol: Protocol, now: datetime
) -> CallReason | None:
    """Return why nudges are enough: so many stayed unanswered long enough, or did not arrive.

    None while they are not, and once a call was made for the one or the other.
    """
    to_send = has_only_to_send([visit])
    silent = CallReason.unsent if to_send else CallReason.nudges_unanswered
    reasons = (silent, CallReason.nudges_not_delivered)
    if any(CallKey(visit.id, one) in facts.made_calls for one in reasons):
        return None
    sent = sorted(
        (each.sent_at, each.undelivered) for each in visit.reminders if each.sent_at is not None
    )
    counted = sent[: protocol.calls.nudges_unanswered]
    if len(counted) < protocol.calls.nudges_unanswered:
        return None
    if all(undelivered for _, undelivered in counted):
        # Nobody answers what did not arrive: there is nothing to wait for.
        return CallReason.nudges_not_delivered
    ran_out_at = counted[-1][0] + timedelta(hours=protocol.calls.unanswered_hours)
    return silent if ran_out_at <= now else None


def _reason(
    facts: ParticipantFacts,
    visit: VisitFacts,
    protocol: Protocol,
    now: datetime,
    working_days_left: WorkingDays,
) -> CallReason | None:
    closes_at = visit.closes_at
    if not is_in_window(visit, now):
        return None
    ran_out = _nudges_ran_out(facts, visit, protocol, now)
    if ran_out is not None:
        return ran_out
    if closes_at is not None:
        at_site = zone(facts.site.zone)
        last_day = last_day_before(closes_at, at_site)
        if working_days_left(local_day(now, at_site), last_day) <= protocol.calls.working_days_left:
            return CallReason.closing_soon
    return None


class OpenVisit(Record):
    """What a first look knows of a dated visit at which something is owed."""

    definition: str
    opens_at: datetime
    closes_at: datetime | None
    sent: int
    """Nudges about it that became a text."""


class SiteClock(NamedTuple):
    """The days of the participant's site: its zone, and its calendar."""

    zone: ZoneInfo
    working_days: WorkingDays


def could_be_due_from(
    protocol: Protocol, visit: OpenVisit, now: datetime, site: SiteClock
) -> datetime | None:
    """Return from when a visit may want a call, before all is read about its participant.

    Never after `calls_wanted` would want one, while no further nudge is sent: from its opening for
    a safety visit or one with enough nudges, else once few working days are left. None: never, as
    it has closed, or has no end and too few nudges.
    """
    found = protocol.find(visit.definition)
    if found is None or found.nudges == "safety":
        return visit.opens_at
    if visit.closes_at is not None and visit.closes_at <= now:
        return None
    if visit.sent >= protocol.calls.nudges_unanswered:
        return visit.opens_at
    return _closing_soon_from(protocol, visit.opens_at, visit.closes_at, site)


def _closing_soon_from(
    protocol: Protocol, opens_at: datetime, closes_at: datetime | None, site: SiteClock
) -> datetime | None:
    """Return the start of the first local day on which few working days are left of a window."""
    if closes_at is None:
        return None
    day = last_day_before(closes_at, site.zone)
    left = site.working_days(day, day)
    first = local_day(opens_at, site.zone)
    while left <= protocol.calls.working_days_left:
        if day <= first:
            return opens_at
        day -= ONE_DAY
        left += site.working_days(day, day)
    return max(opens_at, local_instant(day + ONE_DAY, MIDNIGHT, site.zone))


def next_look(facts: ParticipantFacts, protocol: Protocol, site: SiteClock) -> datetime | None:
    """Return when time alone may next change what `calls_wanted` says; None: it never will.

    To be asked where no call is wanted at `facts.now`. Whatever is written about the participant
    meanwhile, and a nudge that turns out not to have arrived, is a reason to look again by itself.
    """
    now = facts.now
    instants: list[datetime] = [one.effective_at for one in facts.statuses]
    for visit in facts.visits:
        if visit.provisional or not owes_answers(visit) or _is_called(facts, visit):
            continue
        if visit.opens_at > now:
            # Nobody is called about it sooner, and then it is looked at again.
            instants.append(visit.opens_at)
            continue
        if profile_of(visit, protocol) == "safety":
            call_at = safety_floor(facts, protocol, visit, now).call_at
            instants += [] if call_at is None else [call_at]
            continue
        if not is_in_window(visit, now):
            continue
        sent = [each.sent_at for each in visit.reminders if each.sent_at is not None]
        instants += [at + timedelta(hours=protocol.calls.unanswered_hours) for at in sent]
        closing = _closing_soon_from(protocol, visit.opens_at, visit.closes_at, site)
        instants += [] if closing is None else [closing]
    return min((at for at in instants if at > now), default=None)


def calls_wanted(
    facts: ParticipantFacts, protocol: Protocol, now: datetime, working_days_left: WorkingDays
) -> tuple[CallWanted, ...]:
    """Return the call tasks to make now: at most one a visit, each reason once.

    Two nudges unanswered for 24 hours, not delivered, or all answered and never sent; else few
    working days left on the site's calendar, today counted. Nobody is called so who cannot be asked
    any more or has an open call for the visit.
    A safety visit follows the safety floor instead, whatever has stopped, and until somebody was
    reached (`safety_floor`).
    """
    where = standing(facts.statuses, now, facts.events)
    wanted: list[CallWanted] = []
    for visit in facts.visits:
        if visit.opens_at > now or not owes_answers(visit) or _is_called(facts, visit):
            continue
        if profile_of(visit, protocol) == "safety":
            floor = safety_floor(facts, protocol, visit, now)
            if floor.wants_call(now):
                wanted.append(_wanted(visit, CallReason.safety_unanswered, floor.ends_at))
        elif where.may_message and where.may_answer:
            reason = _reason(facts, visit, protocol, now, working_days_left)
            if reason is not None and CallKey(visit.id, reason) not in facts.made_calls:
                wanted.append(_wanted(visit, reason, visit.closes_at))
    return tuple(wanted)


def call_instead(
    facts: ParticipantFacts, protocol: Protocol, visit: VisitFacts, reason: str
) -> CallInstead | None:
    """Say whether a visit that cannot be texted about is to be called for at once, and until when.

    None: it is not, as one is open, was made for this reason, the safety floor says it is over, or
    what is missing concerns everybody: then whoever the protocol would call is called in its time.
    """
    if _is_called(facts, visit) or CallKey(visit.id, reason) in facts.made_calls:
        return None
    if profile_of(visit, protocol) != "safety":
        return None if reason in OF_THE_OPERATOR else CallInstead(visit.closes_at)
    floor = safety_floor(facts, protocol, visit, facts.now, "call")
    return None if floor.way is FloorWay.over else CallInstead(floor.ends_at)


def _wanted(visit: VisitFacts, reason: CallReason, closes_at: datetime | None) -> CallWanted:
    return CallWanted(visit_id=visit.id, reason=reason, closes_at=closes_at)
