"""The safety floor (rule R1): what stops texts and questionnaires never stops safety follow-up.

`safety_floor` says of one safety visit (`nudges = "safety"`) at one instant how its participant is
followed up: by text, by a page, by a call, or that it is over and why. Reminders and calls both ask
it, so that what one leaves undone the other does.

What stops a text: a pause, an opt-out, no consent to texts, a number that is missing, wrong, bad or
unconfirmed, no registration for the country, and every status but two. None of them is an end: in
the evening of the visit's day (`safety.call_from`, the participant's zone, weekends too), or at
once where that is past, somebody is to ring. Nobody reached: again the next morning, until the
next safety visit's own call takes over, for a week after the window at most.

What ends it:

- the visit was answered or declined, the participant was seen at it, or a call about it was closed
  as reached; or a later safety visit of the same injection was answered or reached;
- death;
- withdrawal from follow-up, which is recorded on the word of the participant to an investigator
  (`withdrew_follow_up`). Whoever then withdraws the use of the data also has not taken that back;
  withdrawing the use of the data alone ends nothing;
- an investigator's word with a reason. It covers the injections there were when it was said: a
  later injection begins a safety follow-up of its own;
- `screen_failure` or `completed` where no injection has happened. After one, they end nothing while
  the visit's days run: what was injected is followed for as long as the protocol says;
- the visit's days are over.

While a new consent is awaited the last one stands for all of this: the floor asks for none.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from pro_service.domain.delivery.channels import AskingWay
from pro_service.domain.record import Record
from pro_service.domain.study.assessments import owes_answers
from pro_service.domain.study.facts import (
    INJECTIONS,
    EventFacts,
    ParticipantFacts,
    Status,
    StatusFacts,
    VisitFacts,
)
from pro_service.domain.study.follow_up.end_reasons import BY_STATUS, EndReason
from pro_service.domain.study.nudges import profile_of
from pro_service.domain.study.protocol import NudgeProfile, Protocol
from pro_service.domain.study.reaching.steps import by_profile
from pro_service.domain.study.statuses import Standing, standing
from pro_service.domain.study.times import ONE_DAY, local_day, local_instant, zone

CALL_LASTS: Final = timedelta(hours=24)
"""A safety visit that closed unanswered is still worth a call this long after its evening."""
GOES_ON: Final = timedelta(days=7)
"""How long after its window a visit is still called for until the next safety visit takes over."""
REACHED: Final = "reached"
"""The outcome of a call that says that somebody was spoken to."""


class FloorWay(StrEnum):
    """How a participant is followed up for one safety visit."""

    text = "text"
    """A text that is answered by text."""
    page = "page"
    """A text that leads to a page: a link, or the address and code on the participant's card."""
    call = "call"
    """Somebody rings: no text may go, or what went stayed unanswered."""
    over = "over"


class OverReason(StrEnum):
    """Why nobody is followed up (any more) for a safety visit."""

    answered = "answered"
    """Sent in or declined: the participant has spoken."""
    nothing_asked = "nothing_asked"
    not_dated = "not_dated"
    """The injection it counts from has not happened."""
    died = "died"
    withdrew_follow_up = "withdrew_follow_up"
    not_treated = "not_treated"
    """A screening failure, or the study's end, without any injection."""
    ended = "ended"
    """An investigator ended it, with a reason."""
    reached = "reached"
    past = "past"
    """Its days are over."""


class Floor(Record):
    """What holds for one safety visit at one instant. Instants are UTC."""

    way: FloorWay
    over: OverReason | None = None
    no_text: EndReason | None = None
    """Why no text of this visit may go; None where one may, if its hour has come."""
    no_channel: bool = False
    """No text can be sent to where the participant is."""
    call_at: datetime | None = None
    """From when somebody is to ring unless answers come first; None where it is over."""
    ends_at: datetime | None = None
    """When its days are over; None: it stays open, or it is over for another reason."""

    def wants_call(self, now: datetime) -> bool:
        """Tell whether somebody is to ring now, if nobody has been asked to yet."""
        return self.call_at is not None and self.call_at <= now


def safety_floor(
    facts: ParticipantFacts,
    protocol: Protocol,
    visit: VisitFacts,
    now: datetime,
    asking: AskingWay | None = None,
) -> Floor:
    """Say how a participant is followed up for a safety visit at `now`.

    `asking` is what the channel to their number allows, where the caller knows it; None: it is not
    known yet, and whoever sends finds out (and makes the call at once where nothing can be sent).
    """
    where = standing(facts.statuses, now, facts.events)
    no_text = why_no_text(by_profile(facts, protocol, "safety"), where, visit, "safety")
    if no_text is None and ended_for(facts, protocol, visit):
        no_text = EndReason.safety_ended
    ends_at = _ends_at(facts, protocol, visit)
    over = _over(facts, protocol, visit, where, now) or (
        OverReason.past if ends_at is not None and now >= ends_at else None
    )
    if over is not None:
        return Floor(way=FloorWay.over, over=over, no_text=no_text)
    call_at = _call_at(facts, protocol, visit)
    impossible = asking == "call"
    if no_text is not None or impossible or call_at <= now:
        way = FloorWay.call
    elif asking == "text" or (asking is None and facts.channel != "link"):
        way = FloorWay.text
    else:
        way = FloorWay.page
    return Floor(way=way, no_text=no_text, no_channel=impossible, call_at=call_at, ends_at=ends_at)


def why_no_text(
    facts: ParticipantFacts, where: Standing, visit: VisitFacts, profile: NudgeProfile
) -> EndReason | None:
    """Return what forbids any reminder of a visit, whatever the hour; None if nothing does."""
    if not visit.asks_anything:
        return EndReason.nothing_asked
    if not owes_answers(visit):
        submitted = any(each.submitted_at is not None for each in visit.assessments)
        return EndReason.answered if submitted else EndReason.declined
    held = why_nobody_is_texted(facts, where)
    if where.may_message and where.may_answer:
        if visit.provisional:
            return EndReason.rescheduled
        if profile == "none":
            return EndReason.nothing_asked
    return held


def why_nobody_is_texted(facts: ParticipantFacts, where: Standing) -> EndReason | None:
    """Return what forbids any reminder at all to somebody who stands there; None if nothing does.

    Safety follow-up by text asks the floor instead.
    """
    if not where.may_message or not where.may_answer:
        return BY_STATUS[where.status]
    nobody = facts.reach.why_not
    return None if nobody is None else EndReason(nobody)


def safety_runs(facts: ParticipantFacts, protocol: Protocol, now: datetime) -> bool:
    """Tell whether any safety visit is ahead, open or called for, so that there is one to end."""
    return any(
        safety_floor(facts, protocol, visit, now).over is None
        for visit in _safety_visits(facts, protocol)
    )


def ended_for(facts: ParticipantFacts, protocol: Protocol, visit: VisitFacts) -> bool:
    """Tell whether an investigator ended the follow-up of the injection a visit counts from."""
    ended_at = facts.safety_ended_at
    if ended_at is None:
        return False
    event = _anchor(facts, protocol, visit)
    began_at = visit.opens_at if event is None else (event.occurred_at or visit.opens_at)
    return began_at <= ended_at


def withdrew_follow_up(statuses: tuple[StatusFacts, ...], now: datetime) -> bool:
    """Tell whether a withdrawal from follow-up holds; withdrawing the data's use leaves it so."""
    held = [one for one in statuses if one.effective_at <= now]
    for instant in sorted({one.effective_at for one in held}, reverse=True):
        status = [one.status for one in held if one.effective_at <= instant][-1]
        if status is not Status.withdrew_data_use:
            return status is Status.withdrew_follow_up
    return False


def _over(
    facts: ParticipantFacts,
    protocol: Protocol,
    visit: VisitFacts,
    where: Standing,
    now: datetime,
) -> OverReason | None:
    """Return what ended it, but for the days that pass."""
    if not visit.asks_anything:
        return OverReason.nothing_asked
    if not owes_answers(visit):
        return OverReason.answered
    if visit.provisional:
        return OverReason.not_dated
    if where.status is Status.died:
        return OverReason.died
    if withdrew_follow_up(facts.statuses, now):
        return OverReason.withdrew_follow_up
    untreated = not any(
        event.kind in INJECTIONS and event.occurred_at is not None for event in facts.events
    )
    if untreated and where.status in (Status.screen_failure, Status.completed):
        return OverReason.not_treated
    if ended_for(facts, protocol, visit):
        return OverReason.ended
    heard = (visit, *_later(facts, protocol, visit))
    if any(_was_reached(facts, one) for one in heard) or any(
        one.asks_anything and not owes_answers(one) for one in heard[1:]
    ):
        return OverReason.reached
    return None


def _was_reached(facts: ParticipantFacts, visit: VisitFacts) -> bool:
    """Tell whether somebody saw the participant at a visit, or spoke to them about it."""
    return visit.attended_on is not None or any(
        call.visit_id == visit.id and call.outcome == REACHED for call in facts.closed_calls
    )


def _safety_visits(facts: ParticipantFacts, protocol: Protocol) -> Iterator[VisitFacts]:
    return (one for one in facts.visits if profile_of(one, protocol) == "safety")


def _anchor(facts: ParticipantFacts, protocol: Protocol, visit: VisitFacts) -> EventFacts | None:
    """Return the event a visit counts from; None for an extra visit, or one no longer known."""
    definition = protocol.find(visit.definition)
    if definition is None or definition.anchor is None:
        return None
    kind, ordinal = definition.anchor.event, definition.anchor.ordinal
    return next((one for one in facts.events if one.kind is kind and one.ordinal == ordinal), None)


def _later(
    facts: ParticipantFacts, protocol: Protocol, visit: VisitFacts
) -> tuple[VisitFacts, ...]:
    """Return the safety visits of the same injection that come after a visit, dated for good."""
    event = _anchor(facts, protocol, visit)
    if event is None:
        return ()
    return tuple(
        one
        for one in _safety_visits(facts, protocol)
        if one.target_on > visit.target_on
        and not one.provisional
        and _anchor(facts, protocol, one) == event
    )


def _evening(visit: VisitFacts, protocol: Protocol, local: ZoneInfo) -> datetime:
    """Return when silence at a visit becomes a call, never before the visit opens."""
    hour = protocol.messaging.safety.call_from
    return max(local_instant(visit.target_on, hour, local), visit.opens_at)


def _ends_at(facts: ParticipantFacts, protocol: Protocol, visit: VisitFacts) -> datetime | None:
    if visit.closes_at is None:
        return None
    local = zone(facts.zone)
    ends_at = max(_evening(visit, protocol, local) + CALL_LASTS, visit.closes_at)
    evenings = [_evening(one, protocol, local) for one in _later(facts, protocol, visit)]
    if not evenings:
        return ends_at
    return max(ends_at, min(min(evenings), visit.closes_at + GOES_ON))


def _call_at(facts: ParticipantFacts, protocol: Protocol, visit: VisitFacts) -> datetime:
    """Return the evening of the visit's day, or the morning after a call that reached nobody."""
    local = zone(facts.zone)
    closed = [call.closed_at for call in facts.closed_calls if call.visit_id == visit.id]
    evening = _evening(visit, protocol, local)
    if not closed:
        return evening
    tomorrow = local_day(max(closed), local) + ONE_DAY
    return max(evening, local_instant(tomorrow, protocol.messaging.quiet_until, local))
