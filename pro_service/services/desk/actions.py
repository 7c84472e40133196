"""What staff do: the place is found where row-level security shows it, then written as the clerk.

What changes a participant's alerts and calls is a turn of the participant's, like an answer by page
or text. Every function raises NotHereError for what is not seen from this seat, and NotAllowedError
for what is seen and not theirs to do.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.permissions import Action
from pro_service.domain.study.protocol import Protocol
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.notes import give_words, note_about
from pro_service.services.base.turns import Plan, Who, turn
from pro_service.services.desk.seat import (
    AlreadyDoneError,
    NotHereError,
    Seat,
    at_desk,
    said,
    signed,
)
from pro_service.store.connection import Connection, Guard
from pro_service.store.desk import clerk, desk
from pro_service.store.desk.clerk import Place


@dataclass(frozen=True)
class Hands:
    """What a member of staff acts with: their seat, and the pools they look and write by."""

    seat: Seat
    context: ServiceContext
    desk: asyncpg.Pool
    clerk: asyncpg.Pool

    def turn_of(self, place: Place) -> Who:
        """The turn of a participant, read and written as the clerk."""
        return Who(self.clerk, self.context, self.seat.study_id, place.participant_id)


async def find_place(hands: Hands, code: str, action: Action) -> Place:
    """A participant about whom this seat may do something."""
    async with at_desk(hands.desk, hands.seat) as connection:
        return demanded(
            hands.seat, action, await clerk.find_place(connection, hands.seat.study_id, code)
        )


def demanded(seat: Seat, action: Action, place: Place | None) -> Place:
    """A place that is seen from the seat, and where it may do this."""
    if place is None:
        raise NotHereError
    seat.demand(action, place.site_id)
    return place


async def see_alert(hands: Hands, alert_id: UUID) -> Place:
    """Mark an alert as seen, and say whose it is; twice changes nothing."""
    place = await _find(hands, Action.see_alert, clerk.find_place_of_alert, alert_id)

    def write(connection: Connection, guard: Guard) -> Awaitable[None]:
        return clerk.see_alert(connection, guard, alert_id, hands.seat.actor)

    async def decide(facts: ParticipantFacts, _: Protocol) -> Plan[None]:
        alert = await clerk.get_alert(hands.clerk, facts.study_id, facts.id, alert_id)
        if alert is None or alert.seen:
            return Plan(None)
        return Plan(None, signed(hands.seat, Action.see_alert, None, write))

    await turn(hands.turn_of(place), decide)
    return place


async def act_on_alert(hands: Hands, alert_id: UUID, action: str) -> Place:
    """Record what was done about an alert, once, and say whose it is.

    Raises ReasonMissingError, AlreadyDoneError.
    """
    place = await _find(hands, Action.act_on_alert, clerk.find_place_of_alert, alert_id)
    words = said(action)

    async def decide(facts: ParticipantFacts, _: Protocol) -> Plan[None]:
        alert = await clerk.get_alert(hands.clerk, facts.study_id, facts.id, alert_id)
        if alert is None or alert.acted:
            raise AlreadyDoneError
        note = note_about(hands.context, facts, words)

        def write(connection: Connection, guard: Guard) -> Awaitable[None]:
            who = hands.seat.actor
            return clerk.act_on_alert(connection, guard, alert_id, who, note.reference)

        return Plan(None, signed(hands.seat, Action.act_on_alert, note, write))

    await turn(hands.turn_of(place), decide)
    return place


async def deal_with_message(hands: Hands, message_id: UUID, note: str) -> Place:
    """Record what was done about a text of unknown fate, once, and say to whom it was to go.

    Raises ReasonMissingError, AlreadyDoneError.
    """
    seat = hands.seat
    async with at_desk(hands.desk, seat) as connection:
        place = demanded(
            seat,
            Action.deal_with_message,
            await clerk.find_place_of_message(connection, seat.study_id, message_id),
        )
        words = await give_words(
            connection, hands.context, seat.study_id, place.participant_id, said(note)
        )
        done = await desk.deal_with_message(
            connection, seat.study_id, message_id, seat.actor, words.reference
        )
        if not done and await desk.find_dealt_message(connection, seat.study_id, message_id):
            raise AlreadyDoneError
        if not done:
            raise NotHereError
    return place


async def mark_text_read(hands: Hands, inbound_id: UUID) -> None:
    """Mark a text as read; twice changes nothing."""
    seat = hands.seat
    async with at_desk(hands.desk, seat) as connection:
        sites = await clerk.list_sites_of_text(connection, seat.study_id, inbound_id)
        if not sites:
            raise NotHereError
        # Of a number that people of several sites share, any of those sites reads it.
        site = next((one for one in sites if seat.may(Action.mark_text_read, one)), sites[0])
        seat.demand(Action.mark_text_read, site)
        if not await desk.mark_text_read(connection, seat.study_id, inbound_id, seat.actor):
            raise NotHereError


async def _find(
    hands: Hands,
    action: Action,
    find: Callable[[Connection, UUID, UUID], Awaitable[Place | None]],
    row: UUID,
) -> Place:
    async with at_desk(hands.desk, hands.seat) as connection:
        return demanded(hands.seat, action, await find(connection, hands.seat.study_id, row))
