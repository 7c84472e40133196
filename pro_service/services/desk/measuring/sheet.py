"""Clinic measures of one participant: what stands, visit by visit, and typing it in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pro_service.domain.measures.spans import situation_of
from pro_service.domain.measures.taking import VisitSpan
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.permissions import Action
from pro_service.domain.study.protocol import Protocol
from pro_service.services.base.turns import Who
from pro_service.services.desk.actions import Hands, demanded
from pro_service.services.desk.numbers import RestrictedError
from pro_service.services.desk.person.staff_turns import find_turn
from pro_service.services.desk.seat import at_desk
from pro_service.services.desk.today import read_frame
from pro_service.services.measuring import Kept, TypedValue, may_see_measures, record_values
from pro_service.store.desk import clerk
from pro_service.store.desk.frame import Frame
from pro_service.store.measuring.keeping import list_locked_for_measures
from pro_service.store.measuring.measurements import Measurement, list_measurements


class MeasureSheet(NamedTuple):
    """What is measured of a participant, and what stands of it."""

    facts: ParticipantFacts
    """For the rules; no answer of it is shown."""
    protocol: Protocol
    visits: Sequence[VisitSpan]
    """Those that have begun and take measures, in the order in which they begin."""
    standing: Sequence[Measurement]
    sees: bool
    """Whether values are shown; else only that there is one."""
    may_enter: bool
    frame: Frame


async def look_at_sheet(hands: Hands, code: str) -> MeasureSheet:
    """The sheet of a participant. Raises NotHereError, NotAllowedError."""
    seat = hands.seat
    async with at_desk(hands.desk, seat) as connection:
        place = demanded(
            seat, Action.see_measures, await clerk.find_place(connection, seat.study_id, code)
        )
        frame = await read_frame(connection, seat.study_id)
        reader = hands.context.reader
        facts = await reader.facts(hands.clerk, seat.study_id, place.participant_id)
        standing = await list_measurements(
            connection, seat.study_id, facts.now, place.participant_id
        )
    protocol = await reader.protocol(hands.clerk, seat.study_id, facts.protocol_version_id)
    locked = await list_locked_for_measures(hands.clerk, seat.study_id, [facts.id])
    situation = situation_of(facts, protocol, locked)
    begun = [one for one in situation.visits if one.takes and one.first <= situation.today]
    roles = {one.role for one in seat.staff.assignments if one.site_id == place.site_id}
    return MeasureSheet(
        facts=facts,
        protocol=protocol,
        visits=sorted(begun, key=lambda one: one.first),
        standing=standing,
        sees=may_see_measures(protocol, roles),
        may_enter=seat.may(Action.enter_measures, place.site_id) and not place.restricted,
        frame=frame,
    )


async def keep_values(
    hands: Hands, code: str, values: Sequence[TypedValue], *, why: str, key: str
) -> Kept | None:
    """Keep what was typed, as this member of staff, once for a form's key; None: a copy did.

    Raises NotHereError, NotAllowedError, RestrictedError, ValuesTypedError, NothingTypedError.
    """
    turn = await find_turn(hands, code, Action.enter_measures)
    if turn.place.restricted:
        raise RestrictedError

    async def act(who: Who) -> Kept:
        return await record_values(who, values, actor=turn.actor, why=why)

    return await turn.once(key, act)
