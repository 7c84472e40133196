"""When somebody who asked for "later" is asked again: at their next evening hour, if there is one.

The nudge that waits moves there; where none is left one is planned, at most one more than the
protocol's. Safety visits keep their own hours. Every instant is UTC.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from pro_service.domain.record import Record
from pro_service.domain.study.assessments import owes_answers
from pro_service.domain.study.facts import ParticipantFacts, VisitFacts
from pro_service.domain.study.nudges import DRIFT, later_nudge, may_go_at, profile_of
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.statuses import standing
from pro_service.domain.study.times import last_day_before, zone


class LaterPlan(Record):
    """What "later" leads to: when the visit asks again, and what has to be written for that."""

    visit_id: UUID
    asks_at: datetime | None
    """When the next text about it goes; None: none does before it closes."""
    last_on: date | None
    """The last day that takes answers, in the participant's zone; None: it does not close."""
    moves: UUID | None = None
    """The nudge that moves to `asks_at`."""
    adds: int | None = None
    """The number of a nudge that is planned for `asks_at`, where none was left."""


def plan_later(facts: ParticipantFacts, protocol: Protocol, visit: VisitFacts) -> LaterPlan:
    """Return when a visit that is open asks again for somebody who said "later" now."""
    local = zone(facts.zone)
    last_on = None if visit.closes_at is None else last_day_before(visit.closes_at, local)
    profile = profile_of(visit, protocol)
    waiting = next((one for one in visit.reminders if one.ended_at is None), None)
    nothing = LaterPlan(visit_id=visit.id, asks_at=None, last_on=last_on)
    messaging = protocol.messaging
    may_message = standing(facts.statuses, facts.now, facts.events).may_message
    if profile == "none" or not may_message or not owes_answers(visit):
        return nothing
    if profile == "safety":
        return (
            nothing if waiting is None else nothing.model_copy(update={"asks_at": waiting.due_at})
        )
    # Not within the hour: "later" is said to a question that has just come.
    not_before = facts.now + DRIFT
    if facts.last_reminder_text_at is not None:
        gap = timedelta(hours=messaging.minimum_gap_hours)
        not_before = max(not_before, facts.last_reminder_text_at + gap)
    asks_at = later_nudge(not_before, messaging, facts.nudge_at, local)
    if not may_go_at(visit, profile, asks_at, local):
        return nothing
    if waiting is not None:
        moves = None if waiting.due_at == asks_at else waiting.id
        return nothing.model_copy(update={"asks_at": asks_at, "moves": moves})
    ordinal = max((one.ordinal for one in visit.reminders), default=0) + 1
    if ordinal > len(messaging.then_days_after_first) + 2:
        return nothing  # The one more was planned before.
    return nothing.model_copy(update={"asks_at": asks_at, "adds": ordinal})
