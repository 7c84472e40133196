"""Corrections counted by site and interviewer, and those that wait for a decision (R13)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.study.permissions import Action
from pro_service.services.desk.actions import Hands
from pro_service.services.desk.seat import Seat, at_desk
from pro_service.services.desk.today import read_frame
from pro_service.store.connection import Connection
from pro_service.store.desk import corrections as store
from pro_service.store.desk.corrections import CorrectionCount, CorrectionWaiting
from pro_service.store.desk.desk import DeskSite, list_desk_sites
from pro_service.store.desk.frame import Frame

MOST_WAITING: Final = 200
"""Requests listed at once; the counts say how many there are."""


class CorrectionFigures(NamedTuple):
    """What the page and its table show, of the sites where the seat may count them."""

    counts: Sequence[CorrectionCount]
    waiting: Sequence[CorrectionWaiting]
    sites: Mapping[UUID, DeskSite]
    frame: Frame


async def count_corrections(hands: Hands) -> CorrectionFigures:
    """Corrections of the sites where this seat may count them."""
    seat = hands.seat
    async with at_desk(hands.desk, seat, one_snapshot=True) as connection:
        frame = await read_frame(connection, seat.study_id)
        sites = {
            one.id: one
            for one in await list_desk_sites(connection, seat.study_id)
            if seat.may(Action.count_corrections, one.id)
        }
        counts = await store.count_corrections(connection, seat.study_id, list(sites))
        waiting = await store.list_corrections_waiting(
            connection, seat.study_id, list(sites), MOST_WAITING
        )
    return CorrectionFigures(counts, waiting, sites, frame)


async def count_to_decide(connection: Connection, seat: Seat) -> int:
    """Requests that wait for a decision this seat may take: what it asked for is another's."""
    sites = await list_desk_sites(connection, seat.study_id)
    decides = [one.id for one in sites if seat.may(Action.decide_correction, one.id)]
    waiting = await store.list_corrections_waiting(connection, seat.study_id, decides, MOST_WAITING)
    return sum(one.actor != seat.actor for one in waiting)
