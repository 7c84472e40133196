"""One call to make with all that helps to make it, and the list of calls that is printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.study.permissions import Action
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.reaching.call_times import (
    helps_until,
    last_day_to_wait,
    next_try,
)
from pro_service.domain.study.times import zone
from pro_service.services.base.calendars import working_days
from pro_service.services.base.context import ServiceContext
from pro_service.services.desk.actions import Hands, demanded
from pro_service.services.desk.seat import NotHereError, at_desk
from pro_service.services.desk.timeline import Timeline, derive_timeline, read_timeline
from pro_service.services.desk.today import read_frame
from pro_service.store.connection import Connection
from pro_service.store.desk import calls as store
from pro_service.store.desk import clerk
from pro_service.store.desk.calls import CallToPrint
from pro_service.store.desk.clerk import Place
from pro_service.store.desk.conversation import CallLine
from pro_service.store.desk.desk import DeskSite, list_desk_sites
from pro_service.store.desk.frame import Frame

MOST_PRINTED: Final = 200
"""Calls of one printed list; who has more prints it again when those are made."""


class CallToMake(NamedTuple):
    """A call that is open, its participant as the desk sees them, and the tries so far."""

    place: Place
    call: CallLine
    timeline: Timeline
    tries: Sequence[CallLine]
    """Earlier tries of the same task, oldest first."""
    next_try: datetime | None
    """When it would come back if nobody is there and no other time is said."""
    nudge_at: time | None
    """The hour they chose for their reminders, in their zone."""
    frame: Frame


class CallList(NamedTuple):
    """Calls to print, with what names their visits and places."""

    calls: Sequence[CallToPrint]
    protocols: Mapping[UUID, Protocol]
    sites: Sequence[DeskSite]
    frame: Frame


async def read_call(hands: Hands, call_id: UUID) -> CallToMake:
    """A call that is still to be made, for whoever may make it.

    Raises NotHereError, for a call that is closed as well; NotAllowedError.
    """
    seat = hands.seat
    async with at_desk(hands.desk, seat, one_snapshot=True) as connection:
        found = await clerk.find_place_of_call(connection, seat.study_id, call_id)
        place = demanded(seat, Action.close_call, found)
        facts = await read_timeline(connection, hands.context, seat.study_id, place.code)
        frame = await read_frame(connection, seat.study_id)
        who = (seat.study_id, place.participant_id, facts.site.id)
        hours = await store.get_calling_facts(connection, *who)
    timeline = derive_timeline(hands.context, facts)
    calls = timeline.document.conversation.calls
    call = next((one for one in calls if one.id == call_id and one.closed_at is None), None)
    if call is None:
        raise NotHereError
    taken_back = {one.of_id for one in timeline.document.conversation.undone}
    tries = [
        one
        for one in calls
        if one.closed_at is not None
        and one.id not in taken_back
        and (one.reason, one.visit_id) == (call.reason, call.visit_id)
        # About a visit it is the same call, whenever it is made anew.
        and (call.visit_id is not None or one.created_at == call.created_at)
    ]
    now, local = timeline.document.now, zone(timeline.site.zone)
    again = next_try(now, local, working_days(hours.country), call.closes_at)
    return CallToMake(place, call, timeline, tries, again, hours.nudge_at, frame)


async def read_call_list(hands: Hands) -> CallList:
    """The calls wanted now or within hours, at the sites of this seat."""
    study_id = hands.seat.study_id
    async with at_desk(hands.desk, hands.seat, one_snapshot=True) as connection:
        calls = await store.list_calls_to_print(connection, study_id, MOST_PRINTED)
        sites = await list_desk_sites(connection, study_id)
        frame = await read_frame(connection, study_id)
        protocols = await _protocols(connection, hands.context, study_id, calls)
        here = await clerk.list_present_codes(connection, study_id, {one.code for one in calls})
    # A former site reads its own period and rings nobody any more.
    mine = [
        one for one in calls if one.code in here and hands.seat.may(Action.close_call, one.site_id)
    ]
    return CallList(mine, protocols, sites, frame)


async def _protocols(
    connection: Connection,
    context: ServiceContext,
    study_id: UUID,
    calls: Sequence[CallToPrint],
) -> dict[UUID, Protocol]:
    return {
        one: await context.reader.protocol(connection, study_id, one)
        for one in {call.protocol_version_id for call in calls}
    }


def days_to_wait(call: CallToMake) -> tuple[str, str] | None:
    """The first and the last day by which an answer can be waited for (ISO); None for none."""
    document = call.timeline.document
    local = zone(call.timeline.site.zone)
    asks = next((one.closes_at for one in document.visits if one.id == call.call.visit_id), None)
    last = last_day_to_wait(document.now, local, helps_until(call.call.closes_at, asks))
    today = document.now.astimezone(local).date()
    return None if last is None else (today.isoformat(), last.isoformat())
