"""When silence becomes a call task: who is to be called, why, and until when it helps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_service.domain.record import Record
from pro_service.domain.study.assessments import has_only_to_send, owes_answers
from pro_service.domain.study.facts import CallKey, ParticipantFacts, Status, VisitFacts
from pro_service.domain.study.nudges import profile_of
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.sittings.open_questions import is_in_window
from pro_service.domain.study.statuses import Standing, standing
from pro_service.domain.study.times import last_day_before, local_day, local_instant, zone

WorkingDays = Callable[[date, date], int]
"""Working days of the site's calendar from one day to another, both counted."""
SAFETY_CALL_LASTS = timedelta(hours=24)
"""A safety visit that closed unanswered is still worth a call this long after its evening."""


class CallReason(StrEnum):
    """Why a participant is to be called."""

    safety_unanswered = "safety_unanswered"
    nudges_unanswered = "nudges_unanswered"
    closing_soon = "closing_soon"
    unsent = "unsent"
    """All that is owed at the visit is answered, and was not sent."""
    alert_unseen = "alert_unseen"
    """Nobody has looked at an urgent alert for as long as the protocol allows."""


class CallWanted(Record):
    """A call task to make. `closes_at` is the end of the visit's window (UTC)."""

    visit_id: UUID
    reason: CallReason
    closes_at: datetime | None


def _may_be_called(where: Standing, visit: VisitFacts, protocol: Protocol) -> bool:
    if visit.provisional or not owes_answers(visit):
        return False
    if where.status is Status.paused and profile_of(visit, protocol) == "safety":
        # A rest from texts is no rest from safety: nobody writes, so somebody rings.
        return True
    return where.may_message and where.may_answer


def _was_made(facts: ParticipantFacts, visit: VisitFacts, reason: CallReason) -> bool:
    """Tell whether this call exists already, or any other is open for the visit."""
    if any(key.visit_id == visit.id for key in facts.open_calls):
        return True
    return CallKey(visit.id, reason) in facts.made_calls


def _nudges_ran_out_at(visit: VisitFacts, protocol: Protocol) -> datetime | None:
    """Return when the last of the counted nudges will have stayed unanswered long enough."""
    sent = sorted(each.sent_at for each in visit.reminders if each.sent_at is not None)
    if len(sent) < protocol.calls.nudges_unanswered:
        return None
    last_counted = sent[protocol.calls.nudges_unanswered - 1]
    return last_counted + timedelta(hours=protocol.calls.unanswered_hours)


def _safety_call_at(visit: VisitFacts, protocol: Protocol, local: ZoneInfo) -> datetime:
    return local_instant(visit.target_on, protocol.messaging.safety.call_from, local)


def _reason(
    facts: ParticipantFacts,
    visit: VisitFacts,
    protocol: Protocol,
    now: datetime,
    working_days_left: WorkingDays,
) -> CallReason | None:
    closes_at = visit.closes_at
    is_open = is_in_window(visit, now)
    if profile_of(visit, protocol) == "safety":
        evening = _safety_call_at(visit, protocol, zone(facts.zone))
        still_useful = is_open or now < evening + SAFETY_CALL_LASTS
        return CallReason.safety_unanswered if evening <= now and still_useful else None
    if not is_open:
        return None
    ran_out_at = _nudges_ran_out_at(visit, protocol)
    to_send = has_only_to_send([visit])
    silent = CallReason.unsent if to_send else CallReason.nudges_unanswered
    made = CallKey(visit.id, silent) in facts.made_calls
    if ran_out_at is not None and ran_out_at <= now and not made:
        return silent
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

    A safety visit unanswered in the evening of its target day; else two nudges unanswered for
    24 hours, or all answered and never sent; else few working days left on the site's calendar,
    today counted. Nobody is called who cannot be asked any more or has an open call for the visit;
    who paused, about safety visits only.
    """
    where = standing(facts.statuses, now, facts.events)
    wanted: list[CallWanted] = []
    for visit in facts.visits:
        if not _may_be_called(where, visit, protocol):
            continue
        reason = _reason(facts, visit, protocol, now, working_days_left)
        if reason is not None and not _was_made(facts, visit, reason):
            wanted.append(CallWanted(visit_id=visit.id, reason=reason, closes_at=visit.closes_at))
    return tuple(wanted)
