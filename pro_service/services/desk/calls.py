"""A call is closed with what came of it, and what came of it is acted upon in the same turn.

What follows is one table (`domain.study.reaching.call_outcomes`): a wrong number rests and is
looked for, a number that waits is confirmed, a rest begins, a number opts out, a visit is declined,
a withdrawal or a death is recorded, an alert is raised; and what is not done stays on the list, or
comes back at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Literal, NamedTuple
from uuid import UUID

from pro_service.domain.delivery.contacts import ContactFacts
from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.follow_up.call_keys import CONFIRM_NUMBER
from pro_service.domain.study.follow_up.reports import Report
from pro_service.domain.study.permissions import Action
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.reaching.call_outcomes import (
    ABOUT_A_VISIT,
    CallOutcome,
    Hearing,
    WhatFollows,
    what_follows,
)
from pro_service.domain.study.reaching.call_times import (
    CallDayError,
    after_day,
    helps_until,
    next_try,
    ring_again,
)
from pro_service.domain.study.times import local_day, local_instant, zone
from pro_service.services.base.calendars import working_days
from pro_service.services.base.notes import note_about
from pro_service.services.base.turns import Plan, Write, one_after_the_other, turn, writing
from pro_service.services.desk.actions import Hands, place_of
from pro_service.services.desk.call_writes import Heard, writes_of
from pro_service.services.desk.seat import (
    AlreadyDoneError,
    DoneBefore,
    NotHereError,
    ReasonMissingError,
    said,
    signed,
)
from pro_service.services.visits import report_row
from pro_service.store.desk import calls as store
from pro_service.store.desk import clerk
from pro_service.store.desk.calls import CallClosing, CallKind, CallWrite
from pro_service.store.desk.clerk import Place
from pro_service.store.ids import new_id


class CalledContactError(ProServiceError):
    """It was not said whose telephone was rung."""


class OutcomeRefusedError(ProServiceError):
    """Only a call about a visit has this outcome, and this one is about none."""


class CallSaid(NamedTuple):
    """What staff say of a call: what came of it, in their words, and what that outcome asks for."""

    outcome: str
    note: str
    contact: UUID | None = None
    """Whose telephone was rung; None: it was not said, for there was one only."""
    day: date | None = None
    """By which day they will answer, until when they rest, or when it happened (death, hospital, a
    fall, an operation, another injection), where they live."""
    again: datetime | None = None
    """When to ring again, as the clock of the site's zone shows it (without a zone)."""


class WorkedCall(NamedTuple):
    """Whom a call was about, and when it comes back (study time), if it does."""

    code: str
    comes_back_at: datetime | None
    zone: str
    """Of the site (IANA name)."""
    visit_id: UUID | None
    """The visit it was about."""


async def close_call(
    hands: Hands,
    call_id: UUID,
    given: CallSaid,
    keep: Callable[[WorkedCall], Write] | None = None,
) -> WorkedCall:
    """Close a call task, once, and act upon what came of it; `keep` is written with it.

    Raises NotHereError, NotAllowedError, ReasonMissingError, OutcomeRefusedError,
    CalledContactError, CallDayError, CallTimeError, PauseDayError, PauseRefusedError,
    StatusRefusedError, EventRefusedError, NoLineError, AlreadyDoneError.
    """
    seat = hands.seat
    place = await place_of(hands, Action.close_call, clerk.find_place_of_call, call_id)
    if given.outcome not in CallOutcome.__members__:
        raise ReasonMissingError
    outcome, words = CallOutcome(given.outcome), said(given.note)

    async def decide(facts: ParticipantFacts, protocol: Protocol) -> Plan[WorkedCall]:
        call = await store.find_call(hands.clerk, facts.study_id, facts.id, call_id)
        if call is None:
            raise NotHereError
        if call.closed_by is not None:
            raise AlreadyDoneError(_before(facts, call))
        if outcome in ABOUT_A_VISIT and call.visit_id is None:
            raise OutcomeRefusedError
        hearing = _hearing(hands, place, call, protocol)
        follows = what_follows(call.reason, outcome, hearing)
        rung = _rung(facts, call, follows, given.contact)
        note = note_about(hands.context, facts, words)
        back_at = _back_at(facts, call, follows, given)
        stays = _stays(facts, follows, rung, back_at)
        closing = CallClosing(
            call_id=call_id,
            outcome=f"{outcome}: {note.reference}",
            actor=seat.actor,
            again_id=new_id() if stays else None,
            wanted_from=back_at if stays else None,
        )
        reports = [report_row(one, seat.actor) for one in _reports(facts, follows, given)]
        document = CallWrite(closing, reports)
        by = hearing.by_investigator
        heard = Heard(call_id, call.visit_id, given.day, rung, note.reference, by)
        worked = WorkedCall(place.code, closing.wanted_from, facts.site.zone, call.visit_id)
        steps: list[Write] = [writing(store.close_call, document)]
        steps += await writes_of(hands, facts, protocol, follows, heard)
        if keep is not None:
            steps.append(keep(worked))  # Last, for it takes no turn of its own.
        write = signed(seat, Action.close_call, note, one_after_the_other(steps))
        return Plan(worked, write)

    return await turn(hands.turn_of(place), decide)


def _before(facts: ParticipantFacts, call: CallKind) -> DoneBefore:
    """Who closed a call, when, and what came of it."""
    came_of_it = ("outcome", (call.outcome or "").partition(":")[0])
    when = (call.closed_at, facts.site.zone)
    return DoneBefore(call.closed_by, facts.code, "already_called", came_of_it, *when)


def _hearing(hands: Hands, place: Place, call: CallKind, protocol: Protocol) -> Hearing:
    return Hearing(
        by_investigator=hands.seat.may(Action.record_withdrawal, place.site_id),
        tried=call.tried,
        tries=protocol.calls.tries,
    )


def _back_at(
    facts: ParticipantFacts, call: CallKind, follows: WhatFollows, given: CallSaid
) -> datetime | None:
    """When the task is wanted again; None: at once, or never.

    Raises CallDayError, CallTimeError.
    """
    if not follows.comes_back:
        return None
    local = zone(facts.site.zone)
    if given.outcome == CallOutcome.will_answer:
        if given.day is None:
            raise CallDayError
        asks = next((one.closes_at for one in facts.visits if one.id == call.visit_id), None)
        return after_day(given.day, facts.now, local, helps_until(call.closes_at, asks))
    if given.again is not None:
        at = local_instant(given.again.date(), given.again.time(), local)
        return ring_again(at, facts.now, call.closes_at)
    return next_try(facts.now, local, working_days(facts.site.country), call.closes_at)


def _rung(
    facts: ParticipantFacts, call: CallKind, follows: WhatFollows, said_of: UUID | None
) -> ContactFacts | None:
    """The contact whose telephone was rung; None where that does not matter, or there is none.

    Raises CalledContactError.
    """
    if not (follows.not_theirs or follows.confirms):
        return None
    known = [one for one in facts.contacts if one.kind == "phone" and not one.wrong]
    if said_of is not None:
        known = [one for one in known if one.id == said_of]
    elif call.reason == CONFIRM_NUMBER:
        known = [one for one in known if not one.confirmed]
    if len(known) > 1 or (said_of is not None and not known):
        raise CalledContactError
    return known[0] if known else None


def _reports(facts: ParticipantFacts, follows: WhatFollows, given: CallSaid) -> Iterator[Report]:
    """The alert that what was heard raises, if any. Raises CallDayError for a day to come."""
    if follows.alert is None:
        return
    if given.day is not None and given.day > local_day(facts.now, zone(facts.zone)):
        raise CallDayError
    severity: Literal["urgent", "notice"] = "urgent" if follows.urgent else "notice"
    yield Report(rule=follows.alert, severity=severity, happened_on=given.day)


def _stays(
    facts: ParticipantFacts,
    follows: WhatFollows,
    rung: ContactFacts | None,
    back_at: datetime | None,
) -> bool:
    """Whether the task is still to be done.

    Not where the last number that waited is confirmed, nor where it would come back too late.
    """
    if follows.confirms:
        waiting = {one.id for one in facts.contacts if not one.confirmed and not one.wrong}
        return bool(waiting - {None if rung is None else rung.id})
    return follows.stays and not (follows.comes_back and back_at is None)
