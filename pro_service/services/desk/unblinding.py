"""What a participant was given: shown to its holder, and in an emergency to one site physician.

Both are recorded before anything is shown (rule R15). Nothing of it is kept anywhere else: no page
that can be come back to, no log, no list.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.permissions import Action
from pro_service.domain.study.protocol import Protocol
from pro_service.services.base.notes import note_about, reasoned
from pro_service.services.base.turns import Plan, Who, turn
from pro_service.services.desk.actions import Hands
from pro_service.services.desk.person.staff_turns import find_turn
from pro_service.services.desk.seat import at_clerk, said
from pro_service.services.record.allocating import open_arm
from pro_service.store.connection import Connection, Guard
from pro_service.store.ids import new_id
from pro_service.store.record import allocations as store

LATELY: Final = timedelta(days=14)
"""How long the first page says that somebody was unblinded."""


class NoAllocationError(ProServiceError):
    """No allocation of this participant is kept here."""


class ShownBeforeError(ProServiceError):
    """This form has shown it once; it is not shown again by it."""


class Unblinded(NamedTuple):
    """What one participant was given, for the one person who asked."""

    code: str
    arm: str
    at: datetime
    """Study time."""
    zone: str
    """Of the site."""


class ArmOf(NamedTuple):
    """A participant's arm, for the holder."""

    code: str
    arm: str


async def unblind(hands: Hands, code: str, reason: str, *, key: str) -> Unblinded:
    """Record an emergency and open one participant's arm, once for a form's `key`.

    Raises NotHereError, NotAllowedError, ReasonMissingError, NoAllocationError, ShownBeforeError,
    KeyGoneError, BusyError.
    """
    staff_turn = await find_turn(hands, code, Action.unblind)
    words = said(reason)
    seat = hands.seat

    async def act(who: Who) -> tuple[UUID, ParticipantFacts]:
        async def decide(
            facts: ParticipantFacts, _: Protocol
        ) -> Plan[tuple[UUID, ParticipantFacts]]:
            if not await store.is_allocated(hands.clerk, facts.study_id, facts.id):
                raise NoAllocationError
            note, row = note_about(hands.context, facts, words), new_id()

            async def write(connection: Connection, guard: Guard) -> None:
                await store.record_unblinding(connection, guard, row, note.reference, seat.actor)

            return reasoned(who, note, Plan((row, facts), write))

        return await turn(who, decide)

    done = await staff_turn.once(key, act)
    if done is None:
        raise ShownBeforeError
    unblinding, facts = done
    async with at_clerk(hands.clerk, seat, Action.unblind) as connection:
        sealed = await store.get_arm_unblinded(connection, seat.study_id, unblinding)
        if sealed is None:
            raise NoAllocationError
        await hands.context.keys.study_key(connection, seat.study_id)
    arm = open_arm(hands.context, sealed.id, sealed.arm_sealed, sealed.arm_key)
    return Unblinded(facts.code, arm, facts.now, facts.site.zone)


async def show_allocations(hands: Hands) -> Sequence[ArmOf]:
    """The arms of all at the sites where the seat holds the allocation; that is recorded."""
    seat = hands.seat
    async with at_clerk(hands.clerk, seat, Action.see_allocation) as connection:
        rows = await store.show_allocations(connection, seat.study_id, new_id())
        await hands.context.keys.study_key(connection, seat.study_id)
    return [
        ArmOf(one.code, open_arm(hands.context, one.id, one.arm_sealed, one.arm_key))
        for one in rows
    ]
