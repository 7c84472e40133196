"""What a pause does: the statuses it writes, the nudges it moves, and what it leaves alone.

A pause is a status with another one dated to follow it. It stops texts; answers are taken and
visits go on. The protocol's safety visits are left as they are: no text goes out for them
meanwhile, so that whoever owes one in the evening of its day is to be called (`follow_up`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from pro_service.domain.record import Record
from pro_service.domain.study.assessments import owes_answers
from pro_service.domain.study.facts import (
    EventFacts,
    ParticipantFacts,
    Status,
    StatusFacts,
    VisitFacts,
)
from pro_service.domain.study.nudges import plan_anew, profile_of
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.statuses import BEFORE_TREATMENT, is_treated, standing
from pro_service.domain.study.times import day_start, local_day, zone

MAY_PAUSE: Final = (Status.screened, Status.active, Status.stopped_treatment)


class WaitingNudge(Record):
    """A nudge that waits, and when it is due (UTC) after the change; None: no time is left."""

    reminder_id: UUID
    visit_id: UUID
    due_at: datetime
    new_due_at: datetime | None


class PausePlan(Record):
    """What beginning or ending a pause writes."""

    statuses: tuple[StatusFacts, ...]
    nudges: tuple[WaitingNudge, ...]


def status_of(facts: ParticipantFacts) -> Status | None:
    """Return where the participant stands now."""
    return standing(facts.statuses, facts.now, facts.events).status


def may_pause(status: Status | None) -> bool:
    """Tell whether a pause can begin now, or the present one be dated anew."""
    return status in MAY_PAUSE or status is Status.paused


def paused_until(facts: ParticipantFacts) -> date | None:
    """Return the first day after a pause, in the participant's zone; None if there is no pause."""
    ends_at = pause_ends_at(facts.statuses, facts.now, facts.events)
    return None if ends_at is None else local_day(ends_at, zone(facts.zone))


def pause_ends_at(
    statuses: Sequence[StatusFacts], now: datetime, events: Sequence[EventFacts] = ()
) -> datetime | None:
    """Return when the present pause ends; None if there is none, or none that has an end.

    An earlier pause may have left an end of its own ahead: a word recorded after it overrules it,
    so that each instant ahead is asked where the participant will stand then.
    """
    if standing(statuses, now, events).status is not Status.paused:
        return None
    ahead = sorted({one.effective_at for one in statuses if one.effective_at > now})
    ends = (one for one in ahead if standing(statuses, one, events).status is not Status.paused)
    return next(ends, None)


def resumes_at(facts: ParticipantFacts, days: int) -> datetime:
    """When a pause of so many days that begins now ends: a midnight in the participant's zone."""
    local = zone(facts.zone)
    return day_start(local_day(facts.now, local) + timedelta(days=days), local)


def plan_pause(facts: ParticipantFacts, protocol: Protocol, until: datetime) -> PausePlan:
    """Return what a pause from now until an instant writes."""
    return PausePlan(
        statuses=(
            StatusFacts(status=Status.paused, effective_at=facts.now),
            StatusFacts(status=_after_pause(facts), effective_at=until),
        ),
        nudges=waiting_nudges(facts, protocol, facts.nudge_at, until),
    )


def plan_resumption(facts: ParticipantFacts, protocol: Protocol) -> PausePlan:
    """Return what ending a pause now writes."""
    return PausePlan(
        statuses=(StatusFacts(status=_after_pause(facts), effective_at=facts.now),),
        nudges=waiting_nudges(facts, protocol, facts.nudge_at, facts.now),
    )


def waiting_nudges(
    facts: ParticipantFacts, protocol: Protocol, hour: time | None, starts_at: datetime
) -> tuple[WaitingNudge, ...]:
    """Return every nudge that waits, under the hour chosen and not before `starts_at`.

    Those of safety visits are not among them: they keep their own hours whatever is chosen.
    """
    return tuple(_waiting(facts, protocol, hour, starts_at))


def _waiting(
    facts: ParticipantFacts, protocol: Protocol, hour: time | None, starts_at: datetime
) -> Iterator[WaitingNudge]:
    for visit in facts.visits:
        waiting = next((one for one in visit.reminders if one.ended_at is None), None)
        if waiting is None or profile_of(visit, protocol) == "safety":
            continue
        planned = plan_anew(visit, protocol, zone(facts.zone), hour, starts_at)
        if planned is not None:
            new_due_at: datetime | None = planned[1]
        else:
            # One that cannot move stays; if that is before it may go, it will end without a text.
            new_due_at = waiting.due_at if waiting.due_at >= starts_at else None
        yield WaitingNudge(
            reminder_id=waiting.id,
            visit_id=visit.id,
            due_at=waiting.due_at,
            new_due_at=new_due_at,
        )


def safety_visits_ahead(facts: ParticipantFacts, protocol: Protocol) -> tuple[VisitFacts, ...]:
    """Return the safety visits that are not over and still owe answers: no pause stops them."""
    return tuple(
        visit
        for visit in facts.visits
        if profile_of(visit, protocol) == "safety"
        and owes_answers(visit)
        and (visit.closes_at is None or visit.closes_at > facts.now)
    )


def _after_pause(facts: ParticipantFacts) -> Status:
    """Return the status a pause came after, or was dated to be followed by."""
    others = [one.status for one in facts.statuses if one.status in MAY_PAUSE]
    after = others[-1] if others else Status.active
    # Who had their injection while they rested is not being screened any more.
    return Status.active if after in BEFORE_TREATMENT and is_treated(facts.events) else after
