"""A call is closed with what came of it, and what came of it is acted upon in the same turn.

What follows is one table (`domain.study.reaching.call_outcomes`): a wrong number rests and is
looked for, a number that waits is confirmed, a rest begins, a death or a hospital opens an alert,
and what is not done stays on the list.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

from pro_service.domain.delivery.contacts import ContactFacts
from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.facts import ParticipantFacts, Status, StatusFacts
from pro_service.domain.study.follow_up.call_keys import CONFIRM_NUMBER
from pro_service.domain.study.pausing import (
    PausePlan,
    may_pause,
    plan_pause,
    resumes_at,
    status_of,
)
from pro_service.domain.study.permissions import Action
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.reaching.call_outcomes import CallOutcome, WhatFollows, what_follows
from pro_service.services.base.notes import note_about
from pro_service.services.base.turns import Plan, Write, turn, writing
from pro_service.services.desk.actions import Hands, demanded
from pro_service.services.desk.seat import (
    AlreadyDoneError,
    ReasonMissingError,
    at_desk,
    said,
    signed,
)
from pro_service.services.texting import open_address, pause_write, wrong_number
from pro_service.store.connection import Connection, Guard
from pro_service.store.desk import clerk
from pro_service.store.desk.clerk import CallClosing, CallKind, Place
from pro_service.store.ids import new_id
from pro_service.store.pages import preferences
from pro_service.store.texting import numbers


class CalledContactError(ProServiceError):
    """It was not said whose telephone was rung."""


class CallSaid(NamedTuple):
    """What staff say of a call: what came of it, in their words, and whose telephone they rang."""

    outcome: str
    note: str
    contact: UUID | None = None
    """None: it was not said, for there was one only."""


class SaidBy(NamedTuple):
    """Who says something, in which note, and the key under which it is written once."""

    actor: str
    note: str
    key: str


async def close_call(hands: Hands, call_id: UUID, given: CallSaid) -> Place:
    """Close a call task, once, act upon what came of it, and say who was called.

    Raises NotHereError, NotAllowedError, ReasonMissingError, CalledContactError, AlreadyDoneError.
    """
    seat = hands.seat
    async with at_desk(hands.desk, seat) as connection:
        found = await clerk.find_place_of_call(connection, seat.study_id, call_id)
        place = demanded(seat, Action.close_call, found)
    if given.outcome not in CallOutcome.__members__:
        raise ReasonMissingError
    outcome, words = CallOutcome(given.outcome), said(given.note)

    async def decide(facts: ParticipantFacts, protocol: Protocol) -> Plan[None]:
        call = await clerk.find_open_call(hands.clerk, facts.study_id, facts.id, call_id)
        if call is None:
            raise AlreadyDoneError
        follows = what_follows(call.reason, outcome)
        rung = _rung(facts, call, follows, given.contact)
        note = note_about(hands.context, facts, words)
        closing = CallClosing(
            call_id=call_id,
            outcome=f"{outcome}: {note.reference}",
            actor=seat.actor,
            again_id=new_id() if _stays(facts, follows, rung) else None,
            alert_id=None if follows.alert is None else new_id(),
            alert_rule=follows.alert,
        )
        steps: list[Write] = [lambda lent, guard: clerk.close_call(lent, guard, closing)]
        if rung is not None:
            steps += _about_number(hands, follows, rung, note.reference)
        steps += _resting(
            facts,
            protocol,
            follows,
            SaidBy(seat.actor, note.reference, f"{facts.id}:call:{call_id}"),
        )
        return Plan(None, signed(seat, Action.close_call, note, _one_after_the_other(steps)))

    await turn(hands.turn_of(place), decide)
    return place


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


def _stays(facts: ParticipantFacts, follows: WhatFollows, rung: ContactFacts | None) -> bool:
    """Whether the task is still to be done: not where the last number that waited is confirmed."""
    if follows.confirms:
        waiting = {one.id for one in facts.contacts if not one.confirmed and not one.wrong}
        return bool(waiting - {None if rung is None else rung.id})
    return follows.stays


def _about_number(
    hands: Hands, follows: WhatFollows, rung: ContactFacts, note: str
) -> Iterator[Write]:
    """What the call tells of the number that was rung."""
    actor = hands.seat.actor
    if follows.not_theirs:

        async def rest(lent: Connection, guard: Guard) -> None:
            number = open_address(hands.context, rung)
            found = await wrong_number(lent, hands.context, guard.study_id, number, actor)
            await found.rest(lent, guard)

        yield rest
    elif not rung.confirmed:
        yield lambda lent, guard: numbers.confirm_contact(
            lent, guard, rung.id, actor=actor, outcome=note
        )


def _resting(
    facts: ParticipantFacts, protocol: Protocol, follows: WhatFollows, said_by: SaidBy
) -> Iterator[Write]:
    """The rest they asked for, or the silence a death asks for, where nothing has ended already."""
    if not may_pause(status_of(facts)):
        return
    if follows.rests_for is not None:
        plan = plan_pause(facts, protocol, resumes_at(facts, follows.rests_for.days))
    elif follows.rests_until_said:
        silent = StatusFacts(status=Status.paused, effective_at=facts.now)
        plan = PausePlan(statuses=(silent,), nudges=())
    else:
        return
    document = pause_write(plan, said_by.key, actor=said_by.actor, reason=said_by.note)
    yield writing(preferences.record_choice, document)


def _one_after_the_other(steps: Sequence[Write]) -> Write:
    """Several guarded writes of one turn: each takes the turn after the one before."""

    async def write(lent: Connection, guard: Guard) -> None:
        for number, step in enumerate(steps):
            await step(lent, guard._replace(revision=guard.revision + number))

    return write
