"""When silence becomes a call task: who is to be called, why, and until when it helps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_service.domain.record import Record
from pro_service.domain.study.assessments import has_only_to_send, owes_answers
from pro_service.domain.study.facts import ParticipantFacts, VisitFacts
from pro_service.domain.study.follow_up.call_keys import CallKey
from pro_service.domain.study.follow_up.safety_floor import FloorWay, safety_floor
from pro_service.domain.study.nudges import profile_of
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.sittings.open_questions import is_in_window
from pro_service.domain.study.statuses import Standing, standing
from pro_service.domain.study.times import last_day_before, local_day, zone

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
    text_unread = "text_unread"
    """Nobody has read a text that names a sign of harm for as long as the protocol allows."""


class CallWanted(Record):
    """A call task to make. `closes_at` is when it helps no more (UTC): the visit's end."""

    visit_id: UUID
    reason: CallReason
    closes_at: datetime | None


class CallInstead(NamedTuple):
    """A call to make at once, in place of a text that cannot be sent."""

    closes_at: datetime | None
    """When it helps no more (UTC)."""


def _may_be_called(where: Standing, visit: VisitFacts) -> bool:
    owed = not visit.provisional and owes_answers(visit)
    return owed and where.may_message and where.may_answer


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


def could_be_due(
    protocol: Protocol,
    definition: str,
    *,
    sent: int,
    closes_at: datetime | None,
    now: datetime,
    at_site: ZoneInfo,
    working_days_left: WorkingDays,
) -> bool:
    """Tell whether an open visit may want a call yet, before all is read about its participant.

    Never False where `calls_wanted` would want one: safety visits, enough nudges sent, or few
    working days left.
    """
    found = protocol.find(definition)
    if found is None or found.nudges == "safety" or sent >= protocol.calls.nudges_unanswered:
        return True
    if closes_at is None or closes_at <= now:
        return False
    last_day = last_day_before(closes_at, at_site)
    return working_days_left(local_day(now, at_site), last_day) <= protocol.calls.working_days_left


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
        if _is_called(facts, visit):
            continue
        if profile_of(visit, protocol) == "safety":
            floor = safety_floor(facts, protocol, visit, now)
            if floor.wants_call(now):
                wanted.append(_wanted(visit, CallReason.safety_unanswered, floor.ends_at))
        elif _may_be_called(where, visit):
            reason = _reason(facts, visit, protocol, now, working_days_left)
            if reason is not None and CallKey(visit.id, reason) not in facts.made_calls:
                wanted.append(_wanted(visit, reason, visit.closes_at))
    return tuple(wanted)


def call_instead(
    facts: ParticipantFacts, protocol: Protocol, visit: VisitFacts, reason: str
) -> CallInstead | None:
    """Say whether a visit that cannot be texted about is to be called for at once, and until when.

    None: it is not, as one is open, was made for this reason, or the safety floor says it is over.
    """
    if _is_called(facts, visit) or CallKey(visit.id, reason) in facts.made_calls:
        return None
    if profile_of(visit, protocol) != "safety":
        return CallInstead(visit.closes_at)
    floor = safety_floor(facts, protocol, visit, facts.now, "call")
    return None if floor.way is FloorWay.over else CallInstead(floor.ends_at)


def _wanted(visit: VisitFacts, reason: CallReason, closes_at: datetime | None) -> CallWanted:
    return CallWanted(visit_id=visit.id, reason=reason, closes_at=closes_at)
