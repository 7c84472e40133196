"""What staff do: the place is found where row-level security shows it, then written as the clerk.

What changes a participant's record is a turn of the participant's, like an answer by page or text.
Every function raises NotHereError for what is not seen from this seat, and NotAllowedError
for what is seen and not theirs to do.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from pro_service.domain.study.permissions import Action
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.notes import give_words
from pro_service.services.base.turns import Who
from pro_service.services.desk.seat import (
    AlreadyDoneError,
    DoneBefore,
    NotHereError,
    Seat,
    at_desk,
    said,
)
from pro_service.store.connection import Connection
from pro_service.store.desk import clerk, desk
from pro_service.store.desk.clerk import Place
from pro_service.store.study.studies import list_sites


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


async def may_everywhere(hands: Hands, action: Action) -> bool:
    """Whether a seat does at every site of the study what is about all of them at once."""
    if not hands.seat.may_anywhere(action):
        return False
    every = await list_sites(hands.clerk, hands.seat.study_id)
    return all(hands.seat.may(action, one.id) for one in every)


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
        if not done:
            by = await desk.find_dealt_message(connection, seat.study_id, message_id)
            if by is None:
                raise NotHereError
            raise AlreadyDoneError(DoneBefore(by, place.code, "already_dealt"))
    return place


async def place_of(
    hands: Hands,
    action: Action,
    find: Callable[[Connection, UUID, UUID], Awaitable[Place | None]],
    row: UUID,
) -> Place:
    """The participant a row is about, about whom this seat may do something.

    Raises NotHereError, NotAllowedError.
    """
    async with at_desk(hands.desk, hands.seat) as connection:
        return demanded(hands.seat, action, await find(connection, hands.seat.study_id, row))
